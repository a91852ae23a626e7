import { describe, expect, it } from 'vitest';
import { RecordWriter } from '#host';
import { MemoryLog, MemoryTopic } from '#log';
import { nativeCrypto, type SigningKey } from '#signing';
import type { TestKey } from '../../../test/fixtures/keys.js';
import { TestLedger, upload } from '../../../test/fixtures/test-ledger.js';

const signingKey = ({ key, keyid, sign }: TestKey): SigningKey => ({
  key,
  keyid,
  sign: async message => sign(message),
});

function stage() {
  const ledger = new TestLedger({ crypto: nativeCrypto, count: 2 });
  const topic = new MemoryTopic();
  topic.push(ledger.values);
  const log = new MemoryLog(topic);
  const author = { key: signingKey(ledger.keys.gateway), stream: 'main' };
  const writer = () =>
    new RecordWriter(author, { ledger: ledger.ledger, log, reader: ledger.replay.state.reader });
  /** Folds what the log holds beyond what was folded; gives how many of the values were records. */
  const absorb = (): number => {
    const values = topic.page(ledger.values.length, 1e6, 1e9);
    return values.filter(({ value }) => ledger.append(value)).length;
  };
  return { ledger, topic, log, writer, absorb };
}

describe('RecordWriter', () => {
  it('appends records in order, and gives the offset of each', async () => {
    const { ledger, writer, absorb } = stage();
    const offsets = await writer().append([[upload('six', 'a.whl')], [upload('six', 'b.whl')]]);
    expect(offsets).toEqual([1, 2]);
    expect(absorb()).toBe(2);
    const paths = ledger.effects.flatMap(({ targets }) => targets.changes.map(({ path }) => path));
    expect(paths).toEqual(['six/a.whl', 'six/b.whl']);
  });

  it('goes on above what was admitted, after a restart and beside what it has sent itself', async () => {
    const { writer, absorb } = stage();
    const first = writer();
    await first.append([[upload('six', 'a.whl')]]);
    // Not absorbed: the reader is behind.
    await first.append([[upload('six', 'b.whl')]]);
    expect(absorb()).toBe(2);
    await writer().append([[upload('six', 'c.whl')]]);
    expect(absorb()).toBe(1);
    await first.append([[upload('six', 'd.whl')]]);
    expect(absorb()).toBe(1);
  });

  it('appends more than one append can hold', async () => {
    const { writer, absorb } = stage();
    const events = Array.from({ length: 180 }, (_, i) => upload('six', `${'x'.repeat(100)}-${i}.whl`));
    const offsets = await writer().append(Array.from({ length: 40 }, () => events));
    expect(offsets).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(absorb()).toBe(40);
  });

  it('appends calls that overlap in the order in which they came', async () => {
    const { writer, absorb } = stage();
    const only = writer();
    const calls = Array.from({ length: 20 }, (_, i) => only.append([[upload('six', `${i}.whl`)]]));
    expect((await Promise.all(calls)).flat()).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(absorb()).toBe(20);
  });

  it('appends in that order though one takes longer to seal, or fails to', async () => {
    const { ledger, log, absorb } = stage();
    const { sign, ...key } = ledger.keys.gateway;
    let signed = 0;
    const slow: SigningKey = {
      ...key,
      sign: async message => {
        const nth = signed++;
        await new Promise(resolve => setTimeout(resolve, 40 - 20 * nth));
        if (nth === 1) throw new Error('The scripted loss of the key.');
        return sign(message);
      },
    };
    const target = { ledger: ledger.ledger, log, reader: ledger.replay.state.reader };
    const writer = new RecordWriter({ key: slow, stream: 'main' }, target);
    const names = ['a.whl', 'b.whl', 'c.whl'];
    const ended = await Promise.allSettled(names.map(name => writer.append([[upload('six', name)]])));
    expect(ended).toMatchObject([{ value: [1] }, { status: 'rejected' }, { value: [2] }]);
    expect(absorb()).toBe(2);
    const paths = ledger.effects.flatMap(({ targets }) => targets.changes.map(({ path }) => path));
    expect(paths).toEqual(['six/a.whl', 'six/c.whl']);
  });

  it('tells when the log is away, and is of use again', async () => {
    const { ledger, topic } = stage();
    const log = new MemoryLog(topic, { sends: ['refused', 'refused', 'refused', 'refused'] });
    const target = { ledger: ledger.ledger, log, reader: ledger.replay.state.reader };
    const writer = new RecordWriter({ key: signingKey(ledger.keys.gateway), stream: 'main' }, target);
    await expect(writer.append([[upload('six', 'a.whl')]])).rejects.toMatchObject({
      code: 'log-unavailable',
    });
    await writer.append([[upload('six', 'b.whl')]]);
    expect(ledger.append(topic.page(1, 1, 1e9)[0]!.value)?.targets.changes).toHaveLength(1);
  });
});
