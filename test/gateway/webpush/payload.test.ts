import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fit } from '../../../src/gateway/message-forms.ts'
import { webPushForms } from '../../../src/gateway/webpush/payload.ts'

const text = { title: 'Dyżur', body: 'Bob: Dysk pełny', lang: 'pl', dir: 'ltr' } as const
const device = { app_id: 'a', pushkey: 'p' }
const notification = (body: string) => ({ event_id: '$e', content: { body }, devices: [device] })
const formOf = (body: string, maxBytes: number) =>
  fit(webPushForms(notification(body), device, text), maxBytes)

test('the payload has the notification in words, also when its content is shortened, and not with ids alone', () => {
  const full = { event_id: '$e', content: { body: 'Dysk pełny' }, 'org.belfry.text': text }
  assert.deepEqual(formOf('Dysk pełny', 4000)?.form, full)
  const trimmed = formOf('x'.repeat(5000), 1000)
  assert.equal(trimmed?.formName, 'trimmed')
  assert.deepEqual(JSON.parse(trimmed?.text ?? '{}')['org.belfry.text'], text)
  assert.deepEqual(formOf('x'.repeat(5000), 60)?.form, { event_id: '$e' })
  assert.deepEqual(webPushForms(notification('Hi'), device).full(), {
    event_id: '$e',
    content: { body: 'Hi' },
  })
})
