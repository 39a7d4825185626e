import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createBelfry } from '../../src/app.ts'
import { runCommand } from '../../src/cli/main.ts'
import type { CommandContext } from '../../src/cli/command.ts'
import { loadConfig } from '../../src/config/load.ts'
import { afterTest } from '../support/after-test.ts'
import { checkedResponses } from '../support/response-check.ts'
import { call, loginUser, PASSWORD, registerUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'

/** A server with an administrator, and with alice and bob in a room that the administrator has not joined. */
async function startExplainServer(t: TestContext, env: Record<string, string> = {}) {
  const belfry = await createBelfry(
    loadConfig({
      argv: [
        '--listen',
        '127.0.0.1:0',
        '--data',
        newDataFolder(t),
        '--log-level',
        'silent',
        '--open-registration',
      ],
      env: { BELFRY_RATE_LIMITS_ENABLED: 'false', ...env },
    }),
    { onResponse: checkedResponses(t) },
  )
  afterTest(t, () => belfry.close())
  await belfry.accounts.add({ name: 'root', password: PASSWORD, admin: true })
  const { url } = await belfry.listen()
  const [alice, bob, root] = [
    await registerUser(url, 'alice'),
    await registerUser(url, 'bob'),
    await loginUser(url, 'root'),
  ]
  const roomId = await alice.createRoom({ preset: 'private_chat', invite: [bob.userId] })
  await bob.post(`/join/${encodeURIComponent(roomId)}`)
  const eventId = await alice.say(roomId, 'hello bob')
  return { url, alice, bob, root, roomId, eventId }
}

const explain = `/_belfry/v1/explain`

test('an administrator gets explanations for any user, also of events that they may not see themselves', async (t) => {
  const { url, alice, bob, root, roomId, eventId } = await startExplainServer(t)
  const ask = async (query: Record<string, string>) => {
    const search = new URLSearchParams({ room_id: roomId, event_id: eventId, ...query }).toString()
    return call(`${url}${explain}?${search}`, { token: root.token })
  }
  const { status, body } = await ask({ user_id: bob.userId })
  assert.equal(status, 200)
  assert.deepEqual([body['user_id'], body['notify']], [bob.userId, true])
  assert.equal((body['decided_by'] as { rule_id: string }).rule_id, '.m.rule.contains_user_name')
  assert.equal((await ask({ user_id: alice.userId })).body['reason'], 'own event')
  assert.equal((await ask({ user_id: '@nobody:localhost' })).body['reason'], 'not a member')
  assert.equal((await ask({})).status, 404, 'for themselves they may not see the event')
  assert.equal((await ask({ user_id: bob.userId, event_id: '$none' })).status, 404)
  assert.equal((await ask({ user_id: bob.userId, room_id: '!other' })).status, 404)

  const dry = await call(`${url}${explain}`, {
    token: root.token,
    body: { user_id: bob.userId, room_id: roomId, event: { type: 'm.room.message', content: { body: 'x' } } },
  })
  assert.equal((dry.body['decided_by'] as { rule_id: string }).rule_id, '.m.rule.room_one_to_one')
})

test('an administrator sees no text of messages, also not by the changes that rules would make', async (t) => {
  const { url, alice, bob, root, roomId } = await startExplainServer(t)
  const condition = { kind: 'event_match', key: 'content.format', pattern: 'x' }
  const rule = { actions: ['notify'], conditions: [condition] }
  await bob.put('/pushrules/global/override/x', rule)
  await bob.put('/pushrules/device/phone/content/fire', { pattern: 'fire', actions: [] })
  const eventId = await alice.say(roomId, 'the secret', { format: 'secret' })
  const query = new URLSearchParams({ room_id: roomId, event_id: eventId, user_id: bob.userId }).toString()
  const asked = async (token: string) =>
    JSON.stringify((await call(`${url}${explain}?${query}`, { token })).body)
  assert.match(
    await asked(bob.token),
    /"actual":"the secret".*"actual":"secret"|"actual":"secret".*"actual":"the secret"/,
  )
  const shown = await asked(root.token)
  assert.doesNotMatch(shown, /secret/)
  assert.match(shown, /"expected":"x","actual":null,"hidden":true/)
  assert.match(shown, /"expected":"m.notice","actual":"m.text"/)
  const body = { user_id: bob.userId, over: { last: 5 } }
  const preview = await call(`${url}${explain}`, { token: root.token, body })
  assert.deepEqual([preview.status, preview.body['errcode']], [403, 'M_FORBIDDEN'])
})

test('belfry push explain prints the explanation of the server', async (t) => {
  const { url, bob, root, roomId, eventId } = await startExplainServer(t)
  const lines: string[] = []
  const context = {
    env: { BELFRY_TOKEN: root.token, BELFRY_URL: url },
    fetch,
    print: (line: string) => void lines.push(line),
    complain: (line: string) => void lines.push(line),
  } as unknown as CommandContext
  assert.equal(await runCommand(['push', 'explain', roomId, eventId, '--user', bob.userId], context), 0)
  const text = lines.join('\n')
  assert.match(
    text,
    /It notifies, as a highlight: by the global content rule \.m\.rule\.contains_user_name\./,
  )
  assert.match(text, /disabled {5}global override \.m\.rule\.master/)
  assert.match(text, /event_match content\.msgtype: expected "m\.notice", was "m\.text"/)
  assert.doesNotMatch(text, /not reached/)
  assert.match(text, /No pushers\.\n\nIn the console: http:\/\/\S+\/_belfry\/console\/journeys\/%24\S+$/)
  assert.equal(await runCommand(['push', 'explain', roomId, '$none'], context), 1)
  assert.equal(lines.at(-1), 'belfry: There is no such event, or you may not see it')
})

test('an explanation uses experimental rules only when the configuration enables them', async (t) => {
  const poll = { type: 'org.matrix.msc3381.poll.start', sender: '@alice:localhost', content: {} }
  const ruleFor = async (env: Record<string, string>) => {
    const { url, bob } = await startExplainServer(t, env)
    const { body } = await call(`${url}${explain}`, { token: bob.token, body: { event: poll } })
    return (body['decided_by'] as { rule_id: string } | null)?.rule_id
  }
  assert.equal(await ruleFor({}), undefined)
  assert.match(String(await ruleFor({ BELFRY_EXPERIMENTAL_POLLS: 'true' })), /poll_start/)
})

test('an enabled experimental rule notifies, and is in /pushrules/ and in the account data of /sync', async (t) => {
  const { alice, bob, roomId } = await startExplainServer(t, { BELFRY_EXPERIMENTAL_POLLS: 'true' })
  const ids = (rules: unknown) =>
    (rules as { underride: { rule_id: string }[] }).underride.map((rule) => rule.rule_id)
  const isPollRule = (id: string) => id.startsWith('.org.matrix.msc3930.')
  assert.ok(ids((await bob.get('/pushrules/'))['global']).some(isPollRule))
  const path = `/rooms/${encodeURIComponent(roomId)}/send/org.matrix.msc3381.poll.start/1`
  const { event_id: eventId } = await alice.put(path, {})
  const { notifications } = (await bob.get('/notifications?limit=1')) as {
    notifications: { event: { event_id: string }; rule_id: string }[]
  }
  assert.equal(notifications[0]?.event.event_id, eventId)
  assert.ok(isPollRule(notifications[0]?.rule_id ?? ''))
  const { account_data: data } = (await bob.get('/sync')) as {
    account_data: { events: { type: string; content: { global: unknown } }[] }
  }
  assert.ok(ids(data.events.find(({ type }) => type === 'm.push_rules')?.content.global).some(isPollRule))
})

test('a dry run with too many rules or handles returns 400, and the largest one allowed is explained', async (t) => {
  const { url, bob } = await startExplainServer(t)
  const event = { type: 'm.room.message', sender: '@alice:localhost', content: { body: 'aab '.repeat(2500) } }
  const ask = (rules: unknown) => call(`${url}${explain}`, { token: bob.token, body: { event, rules } })
  const some = (count: number, pattern: string) =>
    Array.from({ length: count }, (_, at) => ({
      rule_id: `${at}`,
      pattern: `${pattern}${at}`,
      actions: [],
    }))
  const handles = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`h${at}`, { content: some(1, 'x') }]))

  const many = await ask({ global: { content: some(1001, 'x') } })
  assert.deepEqual([many.status, many.body['errcode']], [400, 'M_INVALID_PARAM'])
  assert.match(String(many.body['error']), /no more than 1000 rules/)
  const devices = await ask({ device: handles(51) })
  assert.deepEqual([devices.status, devices.body['errcode']], [400, 'M_INVALID_PARAM'])
  assert.match(String(devices.body['error']), /no more than 50 handles/)

  const heavy = await ask({ global: { content: some(150, 'aab '.repeat(40)) }, device: handles(50) })
  assert.equal(heavy.status, 200)
  const { rules, pushers } = heavy.body as { rules: { verdict: string }[]; pushers: unknown[] }
  assert.ok(rules.some(({ verdict }) => verdict === 'matched'))
  assert.equal(pushers.length, 50)
})

test('a message is stored, and the default rules decide, when the rules of a member exceed the cost limit', async (t) => {
  const { url, alice, bob, roomId } = await startExplainServer(t)
  const path = (at: number) => `/pushrules/global/content/r${at}`
  for (let at = 0; at < 200; at++)
    await bob.put(path(at), { pattern: `${'aab '.repeat(120)}${at}`.slice(0, 512), actions: ['notify'] })
  await bob.put(path(200), { pattern: 'needle', actions: [] }) // has the highest priority, so it is evaluated first
  const quiet = await alice.say(roomId, `needle ${'aab '.repeat(3000)}`)
  const loud = await alice.say(roomId, 'aab '.repeat(3000))
  const decided = async (eventId: string) => {
    const search = new URLSearchParams({ room_id: roomId, event_id: eventId }).toString()
    const { body } = await call(`${url}${explain}?${search}`, { token: bob.token })
    return (body['recorded'] as { decided_by: { rule_id: string } }).decided_by.rule_id
  }
  assert.equal(await decided(quiet), 'r200')
  assert.equal(await decided(loud), '.m.rule.room_one_to_one')
  const { notifications } = (await bob.get('/notifications?limit=1')) as {
    notifications: { event: { event_id: string } }[]
  }
  assert.equal(notifications[0]?.event.event_id, loud)
})
