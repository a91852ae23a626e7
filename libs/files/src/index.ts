export { FilesError, type FilesErrorCode } from './errors.js';
export { type FileEntry, type Files, isSafeName, type WriteOptions } from './files.js';
export { type FileSystem, FolderFiles } from './folder.js';
export { MemoryFiles, type WriteFault } from './memory.js';
