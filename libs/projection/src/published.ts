// The files of a repository, from what the folds drafted and completed: the pure counterpart of the repository service.

import { metadataFile, metadataFileName } from '#tuf';
import type { Completion } from './draft.js';
import type { Effects } from './replay.js';
import type { CompleteState } from './timestamp.js';

/** A file of the repository. */
export interface PublishedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Gathers drafts and completions into files; `files` are those of every version complete so far, by name. */
export class Published {
  readonly files = new Map<string, Uint8Array>();
  /** The newest complete state. */
  state?: CompleteState;
  /** By role: a role has one open draft at most, and the next one ends it. */
  private readonly texts = new Map<string, string>();

  /** Takes the effects of the next record; gives the files that it completed, in the order in which they may be written. */
  take(effects: Effects): PublishedFile[] {
    const written: PublishedFile[] = [];
    for (const part of [effects.root, effects.targets, effects.snapshot, effects.timestamp]) {
      // First, since a record that proposes a draft may hold the signatures over it. None drafts a role again that it completes.
      for (const draft of part.drafted) this.texts.set(draft.role, draft.text);
      for (const completion of part.completed) written.push(this.complete(completion));
    }
    if (effects.timestamp.state) this.state = effects.timestamp.state;
    return written;
  }

  private complete(completion: Completion): PublishedFile {
    const bytes = metadataFile(this.texts.get(completion.role)!, completion.signatures);
    this.texts.delete(completion.role);
    const name = metadataFileName(completion.role, completion.version);
    this.files.set(name, bytes);
    return { name, bytes };
  }
}
