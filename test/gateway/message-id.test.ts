import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import {
  collapseId,
  countsCollapseId,
  dedupeKeyOf,
  LOOP_BACK_EVENT_ID,
  messageId,
  uuidV5,
} from '../../src/gateway/message-id.ts'
import { RESENT } from '../../src/gateway/recipient-key.ts'
import { messageKeyOf } from '../../src/gateway/keys.ts'

const device = { app_id: 'app', pushkey: 'key' }
const message = (notification: object = {}, of: object = {}) => ({
  device: { ...device, ...of },
  notification: { event_id: '$e', room_id: '!r', devices: [device], ...notification },
})

suite('messageId', () => {
  test('uuidV5 returns the UUID of RFC 9562, appendix A.4', () => {
    const dns = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex')
    assert.equal(uuidV5(dns, 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2')
  })

  test('is stable, and differs for another app, pushkey or event', () => {
    const key = { appId: 'a', pushkey: 'b', eventId: 'c' }
    const others = [
      { ...key, appId: 'x' },
      { ...key, pushkey: 'x' },
      { ...key, eventId: 'x' },
      { appId: 'ab', pushkey: '', eventId: 'c' },
    ]
    assert.equal(messageId(key), messageId({ ...key }))
    assert.match(messageId(key), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.equal(new Set([key, ...others].map(messageId)).size, 5)
  })

  test('differs for a notification that a user has sent again, which replaces the earlier one', () => {
    const again = (mark: unknown) => message({}, { data: { [RESENT]: mark } })
    const keys = [message(), again('one'), again('two')].map((one) => {
      const key = dedupeKeyOf(one)
      assert.ok(key)
      return messageId(key)
    })
    assert.equal(new Set(keys).size, 3)
    assert.equal(collapseId(again('one')), collapseId(message()))
    assert.deepEqual(dedupeKeyOf(again(7)), dedupeKeyOf(message()))
    const stored = [message(), again('one'), again('two')].map((one) =>
      messageKeyOf(one.device, one.notification),
    )
    assert.equal(new Set(stored).size, 3)
  })

  test('does not exist for counts only and for a test push', () => {
    assert.deepEqual(dedupeKeyOf(message()), { appId: 'app', pushkey: 'key', eventId: '$e' })
    for (const eventId of [undefined, null, '', LOOP_BACK_EVENT_ID]) {
      assert.equal(dedupeKeyOf(message({ event_id: eventId })), undefined)
      assert.equal(collapseId(message({ event_id: eventId })), undefined)
    }
  })
})

suite('collapseId', () => {
  test('has 32 characters that a Topic header may contain', () =>
    assert.match(collapseId(message()) ?? '', /^[\w-]{32}$/))

  test('is by event, and by room with only_last_per_room', () => {
    const lastOnly = { data: { only_last_per_room: true } }
    assert.notEqual(collapseId(message()), collapseId(message({ event_id: '$f' })))
    assert.equal(collapseId(message({}, lastOnly)), collapseId(message({ event_id: '$f' }, lastOnly)))
    assert.notEqual(collapseId(message({}, lastOnly)), collapseId(message({ room_id: '!s' }, lastOnly)))
    const withoutRoom = (eventId: string) => message({ room_id: undefined, event_id: eventId }, lastOnly)
    assert.notEqual(
      collapseId(withoutRoom('$e')),
      collapseId(withoutRoom('$f')),
      'without a room it is by event',
    )
    const notTrue = { data: { only_last_per_room: 'yes' } }
    assert.notEqual(collapseId(message({}, notTrue)), collapseId(message({ event_id: '$f' }, notTrue)))
  })

  test('does not reveal that two devices share a room', () => {
    const lastOnly = { data: { only_last_per_room: true } }
    assert.notEqual(
      collapseId(message({}, lastOnly)),
      collapseId(message({}, { ...lastOnly, pushkey: 'other' })),
    )
  })
})

suite('message ids of two accounts on one phone', () => {
  const account = (name: string) => message({}, { data: { default_payload: { cs: name } } })
  const idOf = (one: ReturnType<typeof message>) => messageId(dedupeKeyOf(one) ?? assert.fail())

  test('differ, and so do the collapse ids', () => {
    const [a, b] = [account('a'), account('b')]
    assert.notEqual(idOf(a), idOf(b))
    assert.notEqual(collapseId(a), collapseId(b))
    assert.notEqual(countsCollapseId(a), countsCollapseId(b))
    const lastOnly = (name: string) => message({}, { data: { only_last_per_room: true, name } })
    assert.notEqual(collapseId(lastOnly('a')), collapseId(lastOnly('b')))
  })

  test('differ for two users of this server with the same pusher', () => {
    const [a, b] = ['@a:x', '@b:x'].map((userId) => ({ ...account('same'), userId }))
    assert.ok(a && b)
    assert.notEqual(messageId(dedupeKeyOf(a) ?? assert.fail()), messageId(dedupeKeyOf(b) ?? assert.fail()))
    assert.notEqual(collapseId(a), collapseId(b))
    assert.notEqual(countsCollapseId(a), countsCollapseId(b))
  })

  test('depend on the data of the pusher, not on the order of its keys', () => {
    const one = message({}, { data: { a: 1, b: { c: [1, 2], d: 2 } } })
    const other = message({}, { data: { b: { d: 2, c: [1, 2] }, a: 1 } })
    assert.equal(idOf(one), idOf(other))
    assert.equal(collapseId(one), collapseId(other))
    assert.notEqual(idOf(one), idOf(message({}, { data: { a: 1, b: { c: [2, 1], d: 2 } } })))
  })

  test('without data are those of earlier versions, which ignored the data', () => {
    for (const data of [undefined, null, {}]) assert.equal(idOf(message({}, { data })), idOf(message()))
    assert.equal(idOf(message()), '59ef1cb8-53d3-534a-bfe9-6139858de90a')
    assert.equal(collapseId(message()), 'v9w0XEyByd_FAcrz6tYTyzvwG4GEAuXd')
  })
})
