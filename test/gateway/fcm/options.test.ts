import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { fcm } from '../../../src/gateway/fcm/provider.ts'
import { messageOf } from '../message.ts'
import { startRig } from './fixture.ts'

suite('options', () => {
  const least = { project_id: 'p', service_account_file: 'f' }
  const rows: [title: string, given: object, path: string | undefined][] = [
    ['the least', least, undefined],
    [
      'everything',
      {
        ...least,
        api_version: 'v1',
        fcm_options: { android: {} },
        max_connections: 2,
        send_badge_counts: false,
        ca_file: 'c',
      },
      undefined,
    ],
    ['no project', { service_account_file: 'f' }, 'project_id'],
    ['a project that is none', { ...least, project_id: 'a/b' }, 'project_id'],
    ['no account', { project_id: 'p' }, 'service_account_file'],
    ['the older API', { ...least, api_version: 'legacy' }, 'api_version'],
    ['options that are none', { ...least, fcm_options: [] }, 'fcm_options'],
    ['a base URL that is none', { ...least, base_url: 'fcm.googleapis.com' }, 'base_url'],
  ]
  for (const [title, given, path] of rows) {
    test(title, () => assert.equal(fcm.options.safeParse(given).error?.issues[0]?.path.join('.'), path))
  }

  test('the line is the address, which is no secret', async (t) => {
    const { fake, provider } = await startRig(t)
    assert.equal(provider.lineOf(messageOf().device), `fcm ${new URL(fake.url).host}`)
  })
})
