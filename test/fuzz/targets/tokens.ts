import assert from 'node:assert/strict'
import fc from 'fast-check'
import { cursorText, parseCursor } from '../../../src/console-api/journey-stream.ts'
import { isSmaller } from '../../../src/lib/json-size.ts'
import {
  isEventId,
  isRoomAlias,
  isRoomId,
  isUserId,
  localpartOf,
  serverOf,
  type RoomAlias,
  type UserId,
} from '../../../src/lib/ids.ts'
import { isMediaId } from '../../../src/media/media-uri.ts'
import { parseBatch } from '../../../src/rooms/search/next-batch.ts'
import {
  matchesRoomEvent,
  parseFilter,
  pickFields,
  readFilter,
  readRoomEventFilter,
} from '../../../src/rooms/sync/filter.ts'
import { parsePos } from '../../../src/rooms/sync/sliding/pos.ts'
import { notAhead, parseToken, syncToken } from '../../../src/rooms/sync/token.ts'
import { covers, parsePoint, pointText, type StreamPoint } from '../../../src/storage/stream-point.ts'
import { fuzzTarget, refusedOr } from '../fuzz-target.ts'
import { almost, json, near, sent, text } from '../values.ts'

/** The highest position that a token can have. */
const MOST = 999_999_999_999_999

function assertPoint(point: StreamPoint): void {
  assert.ok(point.length > 0)
  for (const position of point)
    assert.ok(Number.isSafeInteger(position) && position >= 0, `position ${position}`)
}

const filterPart = almost({
  limit: fc.integer(),
  types: fc.array(near('m.room.*', 'm.room.message', '*')),
  not_types: fc.array(near('m.room.*', '*')),
  senders: fc.array(near('@ada:x')),
  not_senders: fc.array(near('@ada:x')),
  rooms: fc.array(near('!room:x')),
  not_rooms: fc.array(near('!room:x')),
  contains_url: fc.boolean(),
  lazy_load_members: fc.boolean(),
})
const filter = almost({
  event_fields: fc.array(near('content.body', 'content.m\\.relates_to', 'sender', 'content.a\\\\.b')),
  event_format: near('client', 'federation'),
  presence: filterPart,
  account_data: filterPart,
  room: almost({
    rooms: fc.array(near('!room:x')),
    not_rooms: fc.array(near('!room:x')),
    include_leave: fc.boolean(),
    timeline: filterPart,
    state: filterPart,
    ephemeral: filterPart,
    account_data: filterPart,
  }),
})

export const tokenTargets = [
  fuzzTarget('sync-tokens', 'since of /sync, from, to and at of lists', {
    values: near(
      's123',
      's12_t45_r0123abcd',
      's5.1..a.Zz_d7_p5.1..a.Zz',
      's1_c0.01234567.x.89abcdef',
      's1_2_0123abcd',
      's9_z1',
    ),
    check(token) {
      const parsed = refusedOr(() => parseToken(token, 'since'))
      if (parsed === undefined) return
      assertPoint(parsed.position)
      if (parsed.presence !== undefined) assertPoint(parsed.presence)
      assert.deepEqual(sent(parseToken(syncToken(parsed), 'since')), sent(parsed))
      const now = { position: parsed.position.map(() => 100), typing: 1 }
      for (const position of notAhead(parsed, now).position)
        assert.ok(position <= 100, 'it is ahead of the server')
    },
  }),
  fuzzTarget('points', 'the text of a point of the stream', {
    values: near('0', '17', '5.1..a.Zz', '999999999999999.zzzzzzzz.~~~~~~~~', '1.0.0'),
    check(written) {
      const point = parsePoint(written)
      if (point === undefined) return
      assertPoint(point)
      assert.equal(typeof covers(point, 7), 'boolean')
      // Higher ones are in no token of a server: their text would be longer.
      if (point.every((position) => position < MOST)) assert.deepEqual(parsePoint(pointText(point)), point)
    },
  }),
  fuzzTarget('sliding-pos', 'pos of sliding sync', {
    values: near('s1_c0.01234567.x.89abcdef', 's5.1..a.Zz_c1z.01234567.xabc5.1..a.Zz.89abcdef'),
    check(pos) {
      const parsed = refusedOr(() => parsePos(pos, '01234567'))
      if (parsed !== undefined) assertPoint(parsed.since.position)
    },
  }),
  fuzzTarget('journey-cursors', 'the cursor of the stream of journeys', {
    values: near('17-3-1700000000000', '5.1..a.Zz-0-0'),
    check(id) {
      const cursor = parseCursor(id)
      if (cursor === undefined) return
      assertPoint(cursor.position)
      assert.ok(Number.isSafeInteger(cursor.entry) && Number.isSafeInteger(cursor.at))
      if (cursor.position.every((position) => position < MOST))
        assert.deepEqual(parseCursor(cursorText(cursor)), cursor)
    },
  }),
  fuzzTarget('search-batches', 'next_batch of a search', {
    values: fc.oneof(
      near('recent_17_0', 'rank_999999999999999_20'),
      json.map((groups) => `recent_5_0_${Buffer.from(JSON.stringify(groups)).toString('base64url')}`),
    ),
    check(nextBatch) {
      const batch = refusedOr(() => parseBatch({ nextBatch, order: 'recent' }))
      assert.ok(batch === undefined || (Number.isSafeInteger(batch.below) && Array.isArray(batch.groups)))
    },
  }),
  fuzzTarget('filters', 'filters of /sync and of lists of events', {
    values: fc.tuple(
      fc.oneof(
        filter.map((one) => JSON.stringify(one)),
        near('{}', '{"room":{"timeline":{"limit":5}}}'),
      ),
      json,
    ),
    check([written, content]) {
      refusedOr(() => readRoomEventFilter(written))
      const parsed = refusedOr(() => readFilter(written))
      if (parsed === undefined) return
      assert.deepEqual(parseFilter(JSON.parse(written)), parsed)
      const event = {
        type: 'm.room.message',
        sender: '@ada:x' as UserId,
        stateKey: null,
        content: { a: sent(content) },
      }
      assert.equal(typeof matchesRoomEvent(parsed.timeline, '!room:x', event as never), 'boolean')
      const picked = pickFields(
        { event_id: '$1', content: { a: sent(content) } } as never,
        parsed.eventFields,
      )
      assert.ok(isSmaller(picked, 1_000_000))
      assert.equal(Object.getPrototypeOf(picked), Object.prototype)
    },
  }),
  fuzzTarget('ids', 'ids of users, rooms, events, aliases and media', {
    values: near(
      '@ada:example.org',
      '!room:example.org',
      '$event',
      '#alias:[::1]:8448',
      '!opaque',
      'mediaId_-',
    ),
    check(id) {
      for (const is of [isUserId, isRoomId, isEventId, isRoomAlias, isMediaId])
        if (is(id)) assert.ok(Buffer.byteLength(id) <= 255 && !id.includes('\0'))
      if (isUserId(id)) assert.equal(`@${localpartOf(id as UserId)}:${serverOf(id as UserId)}`, id)
      if (isRoomAlias(id)) assert.ok(serverOf(id as RoomAlias).length > 0)
      if (isMediaId(id)) assert.equal(encodeURIComponent(id), id)
    },
  }),
  fuzzTarget('field-paths', 'event_fields of a filter', {
    values: fc.tuple(fc.array(text, { maxLength: 4 }), json),
    check([paths, content]) {
      const event = { event_id: '$1', type: 'm', content: sent(content) } as never
      const before = JSON.stringify(event)
      pickFields(event, paths)
      assert.equal(JSON.stringify(event), before, 'the event is unchanged')
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
    },
  }),
]
