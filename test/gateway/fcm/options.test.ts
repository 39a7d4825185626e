import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { fcm } from '../../../src/gateway/fcm/provider.ts'
import { messageOf } from '../message.ts'
import { startFcmFixture } from './fixture.ts'

suite('FCM options', () => {
  const required = { project_id: 'p', service_account_file: 'f' }
  const rows: [title: string, given: object, path: string | undefined][] = [
    ['the required options are valid', required, undefined],
    [
      'all options are valid',
      {
        ...required,
        api_version: 'v1',
        fcm_options: { android: {} },
        max_connections: 2,
        send_badge_counts: false,
        ca_file: 'c',
      },
      undefined,
    ],
    ['no project_id', { service_account_file: 'f' }, 'project_id'],
    ['a malformed project_id', { ...required, project_id: 'a/b' }, 'project_id'],
    ['no service_account_file', { project_id: 'p' }, 'service_account_file'],
    ['the legacy API', { ...required, api_version: 'legacy' }, 'api_version'],
    ['fcm_options that are not an object', { ...required, fcm_options: [] }, 'fcm_options'],
    ['a malformed base_url', { ...required, base_url: 'fcm.googleapis.com' }, 'base_url'],
  ]
  for (const [title, given, path] of rows) {
    test(title, () => assert.equal(fcm.options.safeParse(given).error?.issues[0]?.path.join('.'), path))
  }

  test('lineOf returns the host of the FCM API', async (t) => {
    const { fake, provider } = await startFcmFixture(t)
    assert.equal(provider.lineOf(messageOf().device), `fcm ${new URL(fake.url).host}`)
  })
})
