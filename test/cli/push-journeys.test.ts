import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { CommandContext } from '../../src/cli/command.ts'
import { runCommand } from '../../src/cli/main.ts'
import { foundingPusher, registerUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

/** Starts the command. `stop` is Ctrl-C. */
function start(argv: string[], env: Record<string, string>) {
  const lines: string[] = []
  const faults: string[] = []
  let stop: () => void = () => assert.fail('the command does not wait')
  const context = {
    env,
    fetch,
    print: (line: string) => void lines.push(line),
    complain: (line: string) => void faults.push(line),
    onOutputClosed: () => undefined,
    onSignal: (listener: () => void) => (stop = listener),
  }
  const code = runCommand(['push', 'journeys', ...argv], context as unknown as CommandContext)
  return { code, lines, faults, stop: () => stop(), text: () => lines.join('\n') }
}

async function run(argv: string[], env: Record<string, string>) {
  const { code, text, faults } = start(argv, env)
  return { code: await code, text: text(), faults }
}

/** Alice has a phone, and Bob writes to her in a room. */
async function setUp(t: TestContext) {
  const server = await startTestServer(t)
  const gateway = await startPokeReceiver(t)
  const [alice, bob] = [await registerUser(server.url, 'alice'), await registerUser(server.url, 'bob')]
  await alice.post('/pushers/set', foundingPusher(gateway.url, { device_display_name: 'Phone\u001b[2J' }))
  const room = await bob.createRoom({ preset: 'public_chat', name: 'On call' })
  await alice.post(`/join/${encodeURIComponent(room)}`)
  const env = { BELFRY_TOKEN: alice.token, BELFRY_URL: server.url }
  const say = async (text: string) => {
    const id = await bob.say(room, text)
    await gateway.waitFor((poke) => poke.event_id === id)
    return id
  }
  return { server, gateway, alice, bob, room, env, say }
}

/** Waits until the journey has ended. */
const sent = (id: string, env: Record<string, string>) =>
  eventually(async () => (await run([], env)).text.split(id)[1]?.split('\n')[2]?.includes('): sent. '))

test('push journeys prints the newest journey last, with the filters of its flags', async (t) => {
  const { env, say, room, alice, bob } = await setUp(t)
  const [first, second] = [await say('one'), await say('two')]
  await sent(first, env)
  await sent(second, env)
  const { code, text, faults } = await run([], env)
  assert.deepEqual([code, faults], [0, []])
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
  const entry = (id: string) =>
    `${time}  \\${id} \\(m\\.room\\.message, from @bob:localhost, in "On call" \\(${room}\\)\\)
  A push rule notifies the user of the event\\. \\[rule: underride \\.m\\.rule\\.room_one_to_one\\]
  Phone\ufffd\\[2J \\(\\d+\\): sent\\. The notification was sent to the device, as far as this server knows\\.\n`
  assert.match(text, new RegExp(`^${entry(first)}${entry(second)}2 of 2 journeys\\.$`))

  const page = await run(['--limit', '1'], env)
  const cursor = /^1 of 2 journeys\. The older ones: --from (\d+)$/m.exec(page.text)?.[1]
  assert(page.text.includes(second) && !page.text.includes(first))
  const older = await run(['--limit', '1', '--from', cursor ?? ''], env)
  assert(older.text.includes(first) && !older.text.includes(second))
  for (const flags of [
    ['--state', 'failing,held'],
    ['--room', '!other'],
    ['--since', '0s'],
  ])
    assert.equal((await run(flags, env)).text, 'No journeys match.', flags.join(' '))
  const json = await run(['--device', '1', '--state', 'sent', '--json'], env)
  assert.deepEqual(
    (JSON.parse(json.text) as { journeys: { event_id: string }[] }).journeys.map(({ event_id: id }) => id),
    [second, first],
  )
  const token = { ...env, BELFRY_TOKEN: bob.token }
  assert.match((await run(['--user', alice.userId], token)).faults.join(), /Only an administrator/)
})

test('push journeys refuses bad flags with exit code 2, and prints why the server refuses a filter', async () => {
  const env = { BELFRY_TOKEN: 'secret', BELFRY_URL: 'http://127.0.0.1:9' }
  for (const [argv, said] of [
    [['--loud'], /--loud/],
    [['more'], /more/],
    [['--follow', '--from', '1'], /remove --from/],
  ] as const) {
    const { code, faults } = await run([...argv], env)
    assert.equal(code, 2)
    assert.match(faults.join('\n'), said)
  }
  const { code, faults } = await run([], env)
  assert.equal(code, 1)
  assert.match(faults.join(), /no response from http:\/\/127\.0\.0\.1:9 \(/)
})

test('push journeys --follow continues after a lost connection without a gap, and ends with 0 at Ctrl-C', async (t) => {
  const { env, say, server } = await setUp(t)
  const proxy = await startTcpProxy(t, { port: Number(new URL(server.url).port), host: '127.0.0.1' })
  const through = { ...env, BELFRY_URL: `http://127.0.0.1:${proxy.port}` }
  const first = await say('one')
  const followed = start(['--follow'], through)
  await eventually(() => followed.text().includes(first))
  const second = await say('two')
  await eventually(() => followed.text().includes(second))
  proxy.cut()
  await eventually(() => followed.faults.length > 0)
  assert.match(followed.faults[0] ?? '', /^belfry: the connection is lost; trying again in 1 s$/)
  const third = await say('three')
  proxy.mend()
  await eventually(() => followed.text().includes(third))
  followed.stop()
  assert.equal(await followed.code, 0)
})

test('push journeys --follow --json prints one event in each line', async (t) => {
  const { env, say } = await setUp(t)
  const first = await say('one')
  const followed = start(['--follow', '--json', '--state', 'sent'], env)
  const second = await say('two')
  await eventually(() => followed.text().includes(second))
  followed.stop()
  assert.equal(await followed.code, 0)
  const events = followed.lines.map(
    (line) => JSON.parse(line) as { event: string; data: { event_id: string } },
  )
  assert.deepEqual(
    [...new Set(events.filter(({ event }) => event === 'journey').map(({ data }) => data.event_id))],
    [first, second],
  )
})

test('push journeys --follow ends with 1 when the access token has ended', async (t) => {
  const { env, say, alice, server } = await setUp(t)
  const proxy = await startTcpProxy(t, { port: Number(new URL(server.url).port), host: '127.0.0.1' })
  const first = await say('one')
  const followed = start(['--follow'], { ...env, BELFRY_URL: `http://127.0.0.1:${proxy.port}` })
  await eventually(() => followed.text().includes(first))
  await alice.post('/logout')
  proxy.cut()
  proxy.mend()
  assert.equal(await followed.code, 1)
  assert.match(followed.faults.at(-1) ?? '', /^belfry: .*token/)
})
