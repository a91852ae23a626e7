// The one form of time in TUF metadata: `YYYY-MM-DDTHH:MM:SSZ`, no fraction, no offset (TUF 4.2.1).
// python-tuf and go-tuf refuse anything else, so nothing else is ever written or accepted.

/** The last second that four digits of year can name: 9999-12-31T23:59:59Z, in Unix seconds. */
export const LAST_EXPIRES_SECONDS = 253_402_300_799;

const FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** Unix seconds (an integer from 0 to LAST_EXPIRES_SECONDS) to the text of an `expires` field. */
export function formatExpires(seconds: number): string {
  if (last.seconds !== seconds)
    last = { seconds, text: `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z` };
  return last.text;
}

/** The last one formatted: the bins of one cut expire together. */
let last = { seconds: 0, text: '1970-01-01T00:00:00Z' };

/** The Unix seconds that an `expires` field names, or undefined where it is not exactly of the form. */
export function parseExpires(text: string): number | undefined {
  if (!FORM.test(text)) return undefined;
  const seconds = Date.parse(text) / 1000;
  const exact = Number.isInteger(seconds) && seconds >= 0 && formatExpires(seconds) === text;
  return exact ? seconds : undefined;
}
