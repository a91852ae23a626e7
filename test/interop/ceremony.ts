/** Ceremonies as keyholders hold them: by the command line, each key in a file of its own. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExitCode } from '#apps/cli/src/exit-code';
import { tufLedger } from '../fixtures/command-line.js';
import type { LedgerServer } from '../fixtures/ledger-server.js';
import { clientCommand } from './toolchain.js';

const SIGN_PROGRAM = fileURLToPath(new URL('./python/sign.py', import.meta.url));

type OfflineRole = 'root' | 'targets' | 'bins';

export class Ceremonies {
  private proposals = 0;

  /** `scratch`: a folder for keys and proposals. */
  constructor(
    private readonly server: LedgerServer,
    private readonly scratch: string,
  ) {}

  /** The file of a key: of the data folder by its purpose, or one that was made here. */
  key(name: string): string {
    return this.made.has(name) ? join(this.scratch, `${name}.pem`) : this.server.folder.keyFile(name);
  }

  private readonly made = new Set<string>();

  /** Makes a key in a drawer of its own. */
  async create(name: string, kind = 'ed25519'): Promise<void> {
    this.made.add(name);
    await this.run('keys', 'create', this.key(name), '--kind', kind, '--no-passphrase');
  }

  /** Makes another key of an online role, where the signer finds it at its next start. */
  async createOnline(role: string): Promise<void> {
    await this.run('keys', 'create', this.server.folder.keyFile(`${role}-next`), '--no-passphrase');
  }

  /** The public part of a key, which is made beside the private one; of the opening's keys the private file is read. */
  public(name: string): string {
    return this.made.has(name) || name.endsWith('-next') ? `${this.key(name)}.pub` : this.key(name);
  }

  async keyid(name: string): Promise<string> {
    const { said } = await this.run('keys', 'show', this.public(name), '--json');
    return (JSON.parse(said) as { keyid: string }).keyid;
  }

  /** Proposes the next version of a role with these options; gives the file. */
  async propose(role: OfflineRole, ...options: readonly string[]): Promise<string> {
    const file = join(this.scratch, `${role}-${this.proposals++}.json`);
    const where = ['--server', this.server.url, '--data', this.server.folder.path];
    await this.run('root', 'propose', ...where, '--for', role, '--out', file, ...options);
    return file;
  }

  /** Each keyholder signs, one after the other. */
  async sign(file: string, ...names: readonly string[]): Promise<void> {
    for (const name of names) await this.run('root', 'sign', file, '--key', this.key(name), '--yes');
  }

  /** A keyholder signs with python-tuf. */
  async signByPython(file: string, name: string): Promise<void> {
    const { file: python } = await clientCommand('python');
    execFileSync(python, [SIGN_PROGRAM, file, this.key(name)]);
  }

  /** A keyholder of an RSA key signs with OpenSSL, over the bytes that were written for it. */
  async signByOpenssl(file: string, name: string): Promise<void> {
    const [bytes, signature] = [`${file}.bytes`, `${file}.sig`];
    await this.run('root', 'bytes', file, bytes);
    const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32'];
    execFileSync('openssl', ['dgst', '-sha256', '-sign', this.key(name), ...pss, '-out', signature, bytes]);
    await this.run('root', 'attach', file, '--key', this.public(name), '--signature', signature);
  }

  /** Submits a proposal; gives the exit code and what it said. */
  async submit(...files: readonly string[]): Promise<{ code: ExitCode; said: string }> {
    const where = ['--server', this.server.url, '--data', this.server.folder.path];
    return tufLedger(['root', 'submit', ...files, ...where], { TUF_LEDGER_DATA: this.server.folder.path });
  }

  /** A whole ceremony, from the proposal to the complete version. */
  async hold(role: OfflineRole, options: readonly string[], signers: readonly string[]): Promise<void> {
    const file = await this.propose(role, ...options);
    await this.sign(file, ...signers);
    const { code, said } = await this.submit(file);
    if (code !== ExitCode.ok) throw new Error(`the ceremony of ${role} ended by ${code}: ${said}`);
  }

  /** Runs `tuf-ledger`. @throws Error with what it said where it does not end by 0. */
  async run(...args: readonly string[]): Promise<{ said: string }> {
    const { code, said } = await tufLedger(args, { TUF_LEDGER_DATA: this.server.folder.path });
    if (code !== ExitCode.ok) throw new Error(`tuf-ledger ${args.join(' ')} ended by ${code}: ${said}`);
    return { said };
  }
}
