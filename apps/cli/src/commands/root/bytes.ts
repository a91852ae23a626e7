// `tuf-ledger root bytes` and `root attach`: for keys that other programs hold. The exact bytes to sign go out, a signature over them
// comes in.

import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { nativeCrypto } from '#signing';
import { keyid as keyidOf, toHex, utf8 } from '#tuf';
import { isValidSignature, merged, readProposal, writeProposal } from '../../ceremony/proposal-file.js';
import { shortKeyid, signatureLines } from '../../ceremony/proposal-words.js';
import { requireValid } from '../../ceremony/validity.js';
import { type Environment, print } from '../../environment.js';
import { CliError } from '../../errors.js';
import { readPublicKey } from '../../key-files.js';

export function registerBytes(root: Command, environment: Environment): void {
  root
    .command('bytes')
    .description('write the exact bytes that a signature is over, for another program to sign')
    .argument('<proposal>', 'the file of `tuf-ledger root propose`')
    .argument('<file>', 'where to write them')
    .action(async (file: string, out: string) => {
      const proposal = await readProposal(file);
      requireValid(proposal, environment.now());
      await writeFile(out, utf8(proposal.text)).catch((error: Error) => {
        throw new CliError(
          'folder-unusable',
          `${out} can't be written: ${error.message}.`,
          'Give another path.',
        );
      });
      print(environment, `${out}: ${utf8(proposal.text).length} bytes, SHA-256 ${proposal.draft.sha256}`);
    });
  root
    .command('attach')
    .description('add a signature that another program made to a proposal')
    .argument('<proposal>', 'the file of `tuf-ledger root propose`')
    .requiredOption('--key <file>', 'the public key, PEM')
    .requiredOption(
      '--signature <file>',
      'the signature: raw for Ed25519 and RSA-PSS (salt 32), DER for ECDSA',
    )
    .action((file: string, options: AttachOptions) => attach(file, options, environment));
}

interface AttachOptions {
  readonly key: string;
  readonly signature: string;
}

async function attach(file: string, options: AttachOptions, environment: Environment): Promise<void> {
  const proposal = await readProposal(file);
  requireValid(proposal, environment.now());
  const key = await readPublicKey(options.key);
  const keyid = keyidOf(key, nativeCrypto);
  const sig = await readFile(options.signature).catch((error: Error) => {
    throw new CliError(
      'source-missing',
      `${options.signature} can't be read: ${error.message}.`,
      'Correct --signature.',
    );
  });
  if (!proposal.requirements.some(({ keyids }) => keyids.includes(keyid)))
    throw new CliError(
      'key-not-in-role',
      `The key ${shortKeyid(keyid)} signs nothing here.`,
      'Take a key that the proposal asks for.',
    );
  if (!isValidSignature(key, toHex(sig), proposal))
    throw new CliError(
      'proposal-refused',
      `The signature is not valid over ${proposal.role} ${proposal.draft.version} by ${shortKeyid(keyid)}.`,
      'Sign the bytes that `tuf-ledger root bytes` writes, hashed by SHA-256 for ECDSA and RSA-PSS, as they are for Ed25519.',
    );
  const signatures = merged(proposal.signatures, [{ keyid, sig: toHex(sig) }]);
  await writeProposal(file, { ...proposal, signatures });
  print(
    environment,
    ...signatureLines(
      proposal.requirements,
      signatures.map(({ keyid }) => keyid),
    ),
  );
}
