// What the examples of docs/publishing.md must say: one record that a backend appends by itself.

import { decodeEnvelope, type LedgerEvent, PAYLOAD_TYPE, preAuthEncoding } from '#ledger';
import { canonicalize, fromUtf8, type Json, toBase64 } from '#tuf';
import { testKey } from '../fixtures/keys.js';
import { codesOf } from '../fixtures/outcomes.js';
import { TestLedger, upload } from '../fixtures/test-ledger.js';

const YANK: LedgerEvent = {
  type: 'file.yanked',
  project: 'six',
  filename: 'six-1.0.tar.gz',
  reason: 'für "3.14" zu alt',
};

/** The text of each example, by its name. */
export function publishingExamples(): Readonly<Record<string, string>> {
  const backend = testKey('backend');
  const ledger = new TestLedger({ count: 2 }).open();
  ledger.say(upload('six', 'six-1.0.tar.gz'));
  const enrolment = { type: 'publisher.enrolled', key: backend.key, permissions: { index: ['*'] } } as const;
  ledger.append(ledger.record(ledger.administrators, [enrolment]));
  const value = ledger.record({ key: backend, stream: 'backend-1' }, [YANK]);
  const outcomes = codesOf(ledger.append(value)!);
  if (outcomes.join() !== 'applied') throw new Error(`The example is ${outcomes.join()}.`);
  const { payload } = decodeEnvelope(value)!;
  return {
    'direct-event': JSON.stringify(YANK, null, 2),
    'direct-payload': fromUtf8(payload),
    'direct-pae': fromUtf8(preAuthEncoding(payload)),
    'direct-key': `${canonicalize(backend.key as unknown as Json)}\nkeyid ${backend.keyid}`,
    'direct-value': fromUtf8(value),
    'direct-layout': layout(value),
  };
}

/** The parts of an envelope, each with the byte that it begins at and its length. */
function layout(value: Uint8Array): string {
  const { payload, signatures } = decodeEnvelope(value)!;
  const [{ keyid, sig }] = signatures as [{ keyid: string; sig: Uint8Array }];
  const parts: readonly (readonly [content: string, shown?: string])[] = [
    ['{"payload":"'],
    [toBase64(payload), `base64 of the ${payload.length} bytes of the payload`],
    [`","payloadType":"${PAYLOAD_TYPE}","signatures":[{"keyid":"`],
    [keyid, 'the keyid, 64 hex digits'],
    ['","sig":"'],
    [
      toBase64(sig),
      `base64 of the ${sig.length} bytes of the signature over the pre-authentication encoding`,
    ],
    ['"}]}'],
  ];
  if (parts.map(([content]) => content).join('') !== fromUtf8(value)) throw new Error('A part is missing.');
  let at = 0;
  const rows = parts.map(([content, shown = content]) => {
    const row = `${String(at).padStart(4)}  ${String(content.length).padStart(6)}  ${shown}`;
    at += content.length;
    return row;
  });
  return ['byte  length', ...rows, `${String(at).padStart(4)}          the end; no line feed`].join('\n');
}
