// A yank's reason as the ledger takes it: at most MAX_REASON_BYTES of NFC text of assigned characters, no controls. An index
// may show anything (PEP 592), so a reason is cleaned rather than lost, the same way at every import:
// control characters become spaces; lone surrogates and characters younger than the ledger's Unicode table become U+FFFD;
// the text is brought into NFC; what is beyond the limit is cut off between two characters.

import { MAX_REASON_BYTES } from '#ledger';
import { isStableText, utf8 } from '#tuf';

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
const REPLACEMENT = '\ufffd';

/** The cleaned form of a reason of at least one character; a reason that needs nothing comes back as it is. */
export function cleanReason(reason: string): string {
  const normal = reason.replace(CONTROL, ' ').normalize('NFC');
  const stable = Array.from(normal, character => (isStableText(character) ? character : REPLACEMENT)).join(
    '',
  );
  return truncate(stable, MAX_REASON_BYTES);
}

function truncate(text: string, maxBytes: number): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += utf8(character).length;
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept;
}
