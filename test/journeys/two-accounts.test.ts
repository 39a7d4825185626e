import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith } from '../gateway/apns/fixture.ts'
import { afterTest } from '../support/after-test.ts'
import { foundingPusher, registerUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startFakeFcm } from '../support/fake-fcm.ts'
import { startTestServer } from '../support/server.ts'

for (const [title, dataOf] of [
  ['with their own data', (name: string) => ({ default_payload: { account: name } })],
  ['with the same data', () => ({})],
] as const)
  test(`two accounts in one app on one phone are both notified of a message in a room that they share, ${title}`, async (t) => {
    const fcm = await startFakeFcm()
    afterTest(t, () => fcm[Symbol.asyncDispose]())
    const folder = await folderWith(t, { 'account.json': fcm.serviceAccount() })
    const app = {
      type: 'gcm',
      project_id: fcm.projectId,
      service_account_file: join(folder, 'account.json'),
      base_url: fcm.url,
    }
    // JSON is valid YAML.
    const gateway = JSON.stringify({ gateway: { apps: { 'org.example.app': app } } })
    const configured = await folderWith(t, { 'belfry.yaml': gateway })
    const server = await startTestServer(t, { flags: ['--config', join(configured, 'belfry.yaml')] })
    const carol = await registerUser(server.url, 'carol')
    const roomId = await carol.createRoom()
    for (const name of ['alice', 'bob']) {
      const user = await registerUser(server.url, name)
      await user.post(`/join/${encodeURIComponent(roomId)}`)
      const url = `${server.url}/_matrix/push/v1/notify`
      const pusher = foundingPusher(url, {
        app_id: 'org.example.app',
        pushkey: 'one-phone',
        append: true,
        data: { url, ...dataOf(name) },
      })
      await user.post('/pushers/set', pusher)
    }
    for (const text of ['one', 'two']) await carol.say(roomId, text)
    await eventually(() => fcm.accepted() === 4)
    const pushed = fcm.seen.map(({ message: { data = {} } }) =>
      [data['account'], data['content_body']].join(' ').trim(),
    )
    const expected = ['alice', 'bob'].flatMap((name) => {
      const account = 'default_payload' in dataOf(name) ? `${name} ` : ''
      return [`${account}one`, `${account}two`]
    })
    assert.deepEqual(pushed.toSorted(), expected.toSorted())
  })
