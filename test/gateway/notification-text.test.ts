import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { askedText, textFor } from '../../src/gateway/notification-text.ts'
import { wordsOf } from '../support/words.ts'

const base = { event_id: '$e', room_id: '!r', sender: '@bob:test', sender_display_name: 'Bob' }
const text = async (lang: string, notification: Record<string, unknown>) => {
  const found = await askedText(wordsOf, { device: { 'org.belfry.lang': lang }, notification })
  return found && [found.title, found.body]
}
const message = (content: object, more: object = {}): Record<string, unknown> => ({
  ...base,
  type: 'm.room.message',
  content,
  ...more,
})

describe('the words of a notification', () => {
  test('are absent for a device that does not ask for them, and for counts alone', async () => {
    const notification = message({ msgtype: 'm.text', body: 'Hello' })
    assert.equal(await askedText(wordsOf, { device: {}, notification }), undefined)
    assert.equal(await text('en', { counts: { unread: 3 } }), undefined)
    assert.equal((await textFor(wordsOf, { device: {}, notification }))?.lang, 'en')
  })

  test('have the room or the sender as title, and the text with its sender in a room', async () => {
    const content = { msgtype: 'm.text', body: 'Hello' }
    assert.deepEqual(await text('en', message(content)), ['Bob', 'Hello'])
    assert.deepEqual(await text('fr', message(content, { room_name: 'Office' })), [
      'Office',
      'Bob\u00a0: Hello',
    ])
    assert.deepEqual(await text('en', message({ msgtype: 'm.emote', body: 'waves' })), ['Bob', 'Bob waves'])
  })

  test('say what was sent', async () => {
    assert.deepEqual(await text('de-AT', message({ msgtype: 'm.image', body: 'a.png' })), [
      'Bob',
      'Bob hat ein Bild gesendet',
    ])
    assert.deepEqual(await text('pl', message({})), ['Bob', 'Bob przesyła wiadomość'])
    assert.deepEqual(await text('ja', { ...base, type: 'm.room.encrypted', content: {} }), [
      'Bob',
      'Bobさんが暗号化されたメッセージを送信しました',
    ])
    const call = { ...base, type: 'm.call.invite', content: { offer: { sdp: 'm=video' } } }
    assert.deepEqual(await text('zh-TW', call), ['Bob', 'Bob的視訊通話'])
    const invitation = {
      ...base,
      type: 'm.room.member',
      user_is_target: true,
      membership: 'invite',
      content: {},
    }
    assert.deepEqual(await text('pt', { ...invitation, room_name: 'Equipe' }), [
      'Equipe',
      'Bob convidou você para Equipe',
    ])
    assert.deepEqual(await text('nonsense!', invitation), ['Bob', 'Bob invites you'])
  })

  test('have the plural of the unread count for an event of which only the id is known', async () => {
    const idOnly = (unread: number) => ({ event_id: '$e', room_id: '!r', counts: { unread } })
    const bodies = await Promise.all([0, 1, 3, 5, 22].map(async (n) => (await text('pl', idOnly(n)))?.[1]))
    assert.deepEqual(bodies, [
      '',
      '1 nieprzeczytane',
      '3 nieprzeczytane',
      '5 nieprzeczytanych',
      '22 nieprzeczytane',
    ])
    assert.deepEqual(await text('uk', idOnly(11)), ['Нове сповіщення', '11 непрочитаних'])
  })

  test('isolate names and texts from right to left', async () => {
    const content = { msgtype: 'm.text', body: 'Disk full 80%' }
    assert.deepEqual(await text('ar', message(content, { room_name: 'On call' })), [
      'On call',
      '\u2068Bob\u2069: \u2068Disk full 80%\u2069',
    ])
    assert.deepEqual(
      await text('en', message({ msgtype: 'm.image' }, { sender_display_name: 'סול\u202e' })),
      ['סול', '\u2068סול\u2069 sent a message'],
    )
  })

  test('exist for fields of any form', async () => {
    for (const content of [{ body: 7 }, { msgtype: [], body: '' }, null])
      assert.equal(typeof (await text('he', { ...base, type: 'm.room.message', content }))?.[1], 'string')
    assert.deepEqual(await text('en', { event_id: '$e', type: 'x' }), ['New notification', ''])
  })
})
