// What anybody with the right to write to the topic may put there by mistake or on purpose: one value of each kind, with what every
// reader must make of it. Those that are records are signed by a key that is enrolled.

import { randomBytes } from 'node:crypto';
import {
  encodeEnvelope,
  encodePayload,
  MAX_EVENTS_PER_RECORD,
  type NoiseReason,
  preAuthEncoding,
  type RawEvent,
  type SignedEntry,
} from '#ledger';
import { MAX_VALUE_BYTES } from '#log';
import type { SigningKey } from '#signing';
import type { JsonObject } from '#tuf';
import { fromUtf8, utf8 } from '#tuf';
import { ENTRY, GOOD_EVENTS } from '../fixtures/good-events.js';
import { type TestKey, testKey } from '../fixtures/keys.js';
import { signingKey } from '../fixtures/signing-key.js';

/** Levels of nesting that a payload may have, and how many of them stand around a field of an event. */
const MAX_LEVELS = 32;
const LEVELS_AROUND = 3;
const SMALL_BYTES = 200;

export interface PoisonValue {
  readonly name: string;
  /** Null is a tombstone. */
  readonly value: Uint8Array | null;
  /** Why it is noise; or the result, or the code of the rejection, of each of its events. */
  readonly becomes: NoiseReason | readonly string[];
}

/** An enrolled key and a ledger to poison. */
export class PoisonMaker {
  private seq = 0;

  /** `stream` must be one that nobody else uses. */
  constructor(
    private readonly key: SigningKey,
    private readonly ledger: string,
    private readonly stream: string,
  ) {}

  /** A value of each kind; those that are given are in the log already. */
  async all({ opening, record }: Admitted): Promise<PoisonValue[]> {
    const noise = [
      ...this.bytes(),
      ...(await this.envelopes()),
      ...(await this.payloads()),
      ...(await this.frames()),
    ];
    const again = [
      { name: 'the opening again', value: opening, becomes: 'ledger' },
      { name: 'a record again', value: record, becomes: 'sequence' },
    ] as const;
    return [...noise, ...again, ...(await this.records())];
  }

  /** A record of these events, of the stream's next number. */
  record(events: readonly object[], frame: Partial<Frame> = {}): Promise<Uint8Array> {
    return this.seal(this.payload(events, frame));
  }

  private payload(events: readonly object[], frame: Partial<Frame> = {}): Uint8Array {
    const { ledger, stream } = this;
    return encodePayload({
      ledger,
      stream,
      seq: ++this.seq,
      v: 1,
      ...frame,
      events: events as readonly RawEvent[],
    });
  }

  /** The envelope of a payload, whatever that is, with a valid signature. */
  private async seal(payload: Uint8Array, key = this.key): Promise<Uint8Array> {
    const sig = await key.sign(preAuthEncoding(payload));
    return encodeEnvelope(payload, [{ keyid: key.keyid, sig }]);
  }

  private bytes(): PoisonValue[] {
    const deep = (levels: number) => utf8('['.repeat(levels) + ']'.repeat(levels));
    return [
      { name: 'a tombstone', value: null },
      { name: 'an empty value', value: new Uint8Array() },
      { name: 'a byte', value: Uint8Array.of(0) },
      { name: 'random bytes', value: randomBytes(SMALL_BYTES) },
      { name: 'random bytes, as many as a value can have', value: randomBytes(MAX_VALUE_BYTES) },
      { name: '1 MB of an opening bracket', value: utf8('['.repeat(1_000_000)) },
      { name: '1 MB of one text', value: utf8(`{"payload":"${'A'.repeat(1_000_000)}"}`) },
      { name: 'deep nesting within the bound of bytes', value: deep(30_000) },
      { name: 'bytes that are not UTF-8', value: Uint8Array.of(0x22, 0xc0, 0xaf, 0x22) },
      { name: 'half of a surrogate pair', value: utf8('"\\ud800"') },
      { name: 'another JSON', value: utf8('{"type":"file.uploaded"}') },
    ].map(poison => ({ ...poison, becomes: 'envelope' as const }));
  }

  private async envelopes(): Promise<PoisonValue[]> {
    const good = fromUtf8(await this.record([unknownEvent()]));
    const edited = (from: string | RegExp, to: string) => utf8(good.replace(from, to));
    const bytes = utf8(good);
    const spoiled = Uint8Array.from(bytes);
    spoiled[bytes.length - 2] = 0xff;
    return [
      { name: 'an envelope with a field twice', value: edited('{', '{"payload":"AA==",') },
      { name: 'an envelope with white space', value: edited('{', '{ ') },
      { name: 'an envelope with a field more', value: edited(/}$/, ',"x":1}') },
      { name: 'an envelope of another type', value: edited('tuf-ledger', 'tuf-hammer') },
      { name: 'an envelope with a byte that is not UTF-8', value: spoiled },
      { name: 'an envelope without its last byte', value: bytes.slice(0, -1) },
    ].map(poison => ({ ...poison, becomes: 'envelope' as const }));
  }

  /** Payloads that are signed, and are none. */
  private async payloads(): Promise<PoisonValue[]> {
    const good = fromUtf8(this.payload([unknownEvent()]));
    const event = (field: string) => utf8(good.replace('"type"', `"a":${field},"type"`));
    const nested = (levels: number) => event('['.repeat(levels) + ']'.repeat(levels));
    const invalid = utf8(good.replace('nobody', 'n@body')).map(byte => (byte === 0x40 ? 0xff : byte));
    const many = Array.from({ length: MAX_EVENTS_PER_RECORD + 1 }, () => '{"type":"x"}').join();
    const payloads: readonly (readonly [string, Uint8Array])[] = [
      ['random bytes', randomBytes(SMALL_BYTES)],
      ['an empty text', new Uint8Array()],
      ['one level too many', nested(MAX_LEVELS - LEVELS_AROUND + 1)],
      ['20,000 levels', nested(20_000)],
      ['a field twice', event('1,"a":1')],
      ['a frame with a field twice', utf8(good.replace('"v":1', '"v":1,"v":1'))],
      ['a byte that is not UTF-8', invalid],
      ['a fraction', event('1.0')],
      ['a number that has no end', event('1e999')],
      ['an integer that is too large', event('9007199254740992')],
      ['no events', utf8(good.replace(/\[.*\]/, '[]'))],
      ['too many events', utf8(good.replace(/\[.*\]/, `[${many}]`))],
      ['the number 0', utf8(good.replace(/"seq":\d+/, '"seq":0'))],
      ['a stream of no name', utf8(good.replace(this.stream, 'A/B'))],
      ['white space', utf8(`${good} `)],
    ];
    return Promise.all(
      payloads.map(async ([what, payload]) => ({
        name: `a signature over ${what}`,
        value: await this.seal(payload),
        becomes: 'payload' as const,
      })),
    );
  }

  /** Whole records, but not of this ledger or by nobody who may say anything. */
  private async frames(): Promise<PoisonValue[]> {
    const stranger: TestKey = testKey('stranger');
    const payload = this.payload([unknownEvent()]);
    const { keyid } = this.key;
    const sig = await signingKey(stranger).sign(preAuthEncoding(payload));
    const own = await this.key.sign(preAuthEncoding(payload));
    return [
      {
        name: 'a record by an unknown key',
        value: await this.seal(payload, signingKey(stranger)),
        becomes: 'publisher-unknown',
      },
      {
        name: 'a record of another ledger',
        value: await this.record([unknownEvent()], { ledger: 'ab'.repeat(32) }),
        becomes: 'ledger',
      },
      {
        name: 'another opening',
        value: await this.record([{ type: 'ledger.opened', ...GOOD_EVENTS['ledger.opened'] }], {
          ledger: '',
        }),
        becomes: 'ledger',
      },
      {
        name: "a record with another key's signature",
        value: encodeEnvelope(payload, [{ keyid, sig }]),
        becomes: 'signature',
      },
      {
        name: 'a record with two signatures',
        value: encodeEnvelope(payload, [
          { keyid, sig: own },
          { keyid: stranger.keyid, sig },
        ]),
        becomes: 'signatures',
      },
      {
        name: "a record in the administrators' stream",
        value: await this.record([unknownEvent()], { stream: 'admin' }),
        becomes: 'signatures',
      },
    ];
  }

  /** Records: their keys and signatures are right, and what they say is not. */
  private async records(): Promise<PoisonValue[]> {
    const nested = JSON.parse(
      '['.repeat(MAX_LEVELS - LEVELS_AROUND) + ']'.repeat(MAX_LEVELS - LEVELS_AROUND),
    );
    const upload = uploadOf('poison', `good-${this.seq}.tar.gz`);
    const cut = { type: 'cut', state: 1, at: 1 };
    const wrong: readonly (readonly [string, readonly object[], readonly string[], Partial<Frame>?])[] = [
      ['an event of no kind', [unknownEvent()], ['event-unknown']],
      ['an event without its fields', [{ type: 'file.uploaded' }], ['field-missing']],
      ['a field of another type', [{ ...upload, length: '1' }], ['field-type']],
      ['a field too many', [{ ...upload, note: nested }], ['field-unknown']],
      ['as many levels as there may be', [{ type: 'x', a: nested }], ['event-unknown']],
      ['a path that is none', [{ ...upload, filename: '../root.json' }], ['path-dots']],
      ['text that is not stable', [{ ...upload, release: '\u0378' }], ['text-unstable']],
      ['events in rules that nobody knows', [upload], ['rules-not-active'], { v: 99 }],
      ['a cut by who may not cut', [cut], ['not-permitted']],
      ['a cut beside another event', [cut, upload], ['mixed-record', 'mixed-record']],
      ['rules by who may not activate them', [{ type: 'rules.activated', version: 99 }], ['not-permitted']],
      [
        "an administrator's event",
        [{ type: 'publisher.enrolled', ...(GOOD_EVENTS['publisher.enrolled'] as JsonObject) }],
        ['not-permitted'],
      ],
      ['signatures over other content', [signed({})], ['draft-hash']],
      ['signatures over drafts that are not there', [signed({ version: 99 })], ['draft-unknown']],
      [
        'one that is good between two that are not',
        [{ type: 'x' }, upload, { type: 'y' }],
        ['event-unknown', 'applied', 'event-unknown'],
      ],
    ];
    const made: PoisonValue[] = [];
    for (const [what, events, becomes, frame] of wrong)
      made.push({ name: `a record of ${what}`, value: await this.record(events, frame), becomes });
    return made;
  }
}

/** Values that are records of the ledger. */
interface Admitted {
  readonly opening: Uint8Array;
  readonly record: Uint8Array;
}

interface Frame {
  readonly ledger: string;
  readonly stream: string;
  readonly seq: number;
  readonly v: number;
}

/** The upload of a made-up file. */
export function uploadOf(project: string, filename: string): RawEvent & JsonObject {
  return { type: 'file.uploaded', project, filename, length: 1, hashes: { sha256: '0f'.repeat(32) } };
}

function signed(entry: Partial<SignedEntry>): object {
  return { type: 'signed', signatures: [{ ...ENTRY, role: 'root', ...entry }] };
}

function unknownEvent(): object {
  return { type: 'nobody.knows' };
}
