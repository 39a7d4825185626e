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

const device = { app_id: 'app', pushkey: 'key' }
const message = (notification: object = {}, of: object = {}) => ({
  device: { ...device, ...of },
  notification: { event_id: '$e', room_id: '!r', devices: [device], ...notification },
})

suite('the name of a message', () => {
  test('UUID of version 5, as in RFC 9562, appendix A.4', () => {
    const dns = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex')
    assert.equal(uuidV5(dns, 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2')
  })

  test('is the same each time, and another one for another app, pushkey or event', () => {
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

  test('there is none for counts alone and for a test', () => {
    assert.deepEqual(dedupeKeyOf(message()), { appId: 'app', pushkey: 'key', eventId: '$e' })
    for (const eventId of [undefined, null, '', LOOP_BACK_EVENT_ID]) {
      assert.equal(dedupeKeyOf(message({ event_id: eventId })), undefined)
      assert.equal(collapseId(message({ event_id: eventId })), undefined)
    }
  })
})

suite('what replaces what', () => {
  test('32 characters that a Topic may have', () => assert.match(collapseId(message()) ?? '', /^[\w-]{32}$/))

  test('by event; by room for a pusher that wants it', () => {
    const lastOnly = { data: { only_last_per_room: true } }
    assert.notEqual(collapseId(message()), collapseId(message({ event_id: '$f' })))
    assert.equal(collapseId(message({}, lastOnly)), collapseId(message({ event_id: '$f' }, lastOnly)))
    assert.notEqual(collapseId(message({}, lastOnly)), collapseId(message({ room_id: '!s' }, lastOnly)))
    const withoutRoom = (eventId: string) => message({ room_id: undefined, event_id: eventId }, lastOnly)
    assert.notEqual(
      collapseId(withoutRoom('$e')),
      collapseId(withoutRoom('$f')),
      'without a room it is the event',
    )
    const notTrue = { data: { only_last_per_room: 'yes' } }
    assert.notEqual(collapseId(message({}, notTrue)), collapseId(message({ event_id: '$f' }, notTrue)))
  })

  test('nobody can tell from it that two devices share a room', () => {
    const lastOnly = { data: { only_last_per_room: true } }
    assert.notEqual(
      collapseId(message({}, lastOnly)),
      collapseId(message({}, { ...lastOnly, pushkey: 'other' })),
    )
  })
})

suite('two accounts on one phone', () => {
  const account = (name: string) => message({}, { data: { default_payload: { cs: name } } })
  const named = (one: ReturnType<typeof message>) => messageId(dedupeKeyOf(one) ?? assert.fail())

  test('have messages of their own names, and neither replaces what is for the other', () => {
    const [a, b] = [account('a'), account('b')]
    assert.notEqual(named(a), named(b))
    assert.notEqual(collapseId(a), collapseId(b))
    assert.notEqual(countsCollapseId(a), countsCollapseId(b))
    const lastOnly = (name: string) => message({}, { data: { only_last_per_room: true, name } })
    assert.notEqual(collapseId(lastOnly('a')), collapseId(lastOnly('b')))
  })

  test('of two users of this server who set the same pusher', () => {
    const [a, b] = ['@a:x', '@b:x'].map((userId) => ({ ...account('same'), userId }))
    assert.ok(a && b)
    assert.notEqual(messageId(dedupeKeyOf(a) ?? assert.fail()), messageId(dedupeKeyOf(b) ?? assert.fail()))
    assert.notEqual(collapseId(a), collapseId(b))
    assert.notEqual(countsCollapseId(a), countsCollapseId(b))
  })

  test('are told apart by what their data says, not by the order of its keys', () => {
    const one = message({}, { data: { a: 1, b: { c: [1, 2], d: 2 } } })
    const other = message({}, { data: { b: { d: 2, c: [1, 2] }, a: 1 } })
    assert.equal(named(one), named(other))
    assert.equal(collapseId(one), collapseId(other))
    assert.notEqual(named(one), named(message({}, { data: { a: 1, b: { c: [2, 1], d: 2 } } })))
  })

  test('without data the names are those of a version that did not look at it', () => {
    for (const data of [undefined, null, {}]) assert.equal(named(message({}, { data })), named(message()))
    assert.equal(named(message()), '59ef1cb8-53d3-534a-bfe9-6139858de90a')
    assert.equal(collapseId(message()), 'v9w0XEyByd_FAcrz6tYTyzvwG4GEAuXd')
  })
})
