import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { loginUser, registerUser } from '../support/client.ts'
import { clusterUrl, newPostgresUrl } from '../support/databases.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { runs } from '../support/property.ts'
import { startTestServer } from '../support/server.ts'
import {
  type BadgeMeaning,
  compareGateway,
  compareLists,
  compareSyncs,
  type Client,
  type ExpectedPokes,
} from './compare.ts'
import { perform, setPusher, type Fixture, type Step, step } from './random-steps.ts'
import { Recount } from './recount.ts'

// Random histories of four users with six devices in two rooms, over HTTP. After each step all counts are
// compared with a recount, and after some the lists of notifications. TEST_SEED sets the seed (fast-check
// prints that of a failure), TEST_TIMES multiplies the number of histories, and TEST_SHRINK searches for a
// shorter history that fails.

const NAMES = ['alice', 'bob', 'carol', 'dave']
const ROOMS = 2
/** The first two users have two devices each; the last has no pusher. */
const PUSHERS: readonly [user: number, pushkey: string, handle: string][] = [
  [0, 'phone-0', 'loud'],
  [1, 'phone-0', 'quiet'],
  [1, 'tablet-1', 'loud'],
  [2, 'phone-0', 'loud'],
]
/** Each user may join and invite. */
const OPEN = { preset: 'public_chat', power_level_content_override: { invite: 0 } }
/** The lists have all events of a history, so that a later comparison sees what an earlier step has changed. */
const LISTS_EVERY = 3
let histories = 0

async function createFixture(url: string, gateway: string): Promise<{ fixture: Fixture; clients: Client[] }> {
  const run = histories++
  const model = new Recount(NAMES.length, ROOMS)
  const devices = await Promise.all(
    NAMES.map(async (name, user) => {
      const first = await registerUser(url, `${name}${run}`)
      return user < 2 ? [first, await loginUser(url, `${name}${run}`)] : [first]
    }),
  )
  const rooms: string[] = []
  for (let room = 0; room < ROOMS; room++) {
    rooms.push((await devices[0]?.[0]?.createRoom(OPEN)) ?? '')
    model.user(0).joinedAt.set(room, -1)
  }
  const fixture = { model, devices, rooms, gateway }
  for (const [user, pushkey, handle] of PUSHERS) {
    const pusher = { pushkey: `${NAMES[user]}${run}-${pushkey}`, handle, badge: undefined }
    model.user(user).pushers.push(pusher)
    await setPusher(fixture, user, pusher)
  }
  const clients = devices.flatMap((own, user) =>
    own.map((client, at) => {
      const none: Pick<Client, 'since' | 'rooms'> = { since: undefined, rooms: new Map() }
      return { client, user, byThread: (user + at) % 2 === 0, ...none }
    }),
  )
  return { fixture, clients }
}

const firstStep = (kind: string, user: number, more: Partial<Step> = {}): Step => ({
  kind,
  user,
  other: 0,
  room: 0,
  pick: 0,
  form: 0,
  ...more,
})
/** Each kind of step once, before the random steps. */
const FIRST_STEPS: readonly Step[] = [
  firstStep('join', 1),
  firstStep('join', 2),
  firstStep('join', 1, { room: 1 }),
  firstStep('send', 0),
  firstStep('send', 1, { form: 7 }),
  firstStep('send', 2, { form: 9, other: 1 }),
  firstStep('rule', 0),
  firstStep('quiet', 1),
  firstStep('handle', 1, { pick: 1 }),
  firstStep('ignore', 2),
  firstStep('receipt', 2, { form: 6 }),
  firstStep('redact', 1),
  firstStep('invite', 3, { other: 0, room: 1 }),
  firstStep('leave', 2),
]

async function compareHistories(
  t: TestContext,
  { meaning, count, flags }: { meaning: BadgeMeaning; count: number; flags: string[] },
): Promise<void> {
  const server = await startTestServer(t, { flags, env: { BELFRY_PUSH_BADGE: meaning } })
  const gateway = await startPokeReceiver(t)
  const done: Record<string, number> = {}
  let unread = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 120, size: 'max' }), async (steps) => {
      gateway.pokes.splice(0)
      const { fixture, clients } = await createFixture(server.url, gateway.url)
      const { model } = fixture
      const pokes: ExpectedPokes = { events: [] }
      for (const [at, next] of [...FIRST_STEPS, ...steps].entries()) {
        const badgesBefore = model.users.map((_, user) => model.badge(user, meaning))
        const events = await perform(fixture, next)
        if (events === undefined) continue
        done[next.kind] = (done[next.kind] ?? 0) + 1
        const after = `step ${at}, ${next.kind}`
        const performed = { events, badgesBefore, meaning, kind: next.kind, after }
        await compareGateway(fixture, gateway, pokes, performed)
        await compareSyncs(fixture, clients, after)
        if (at % LISTS_EVERY === 0) await compareLists(fixture, after)
        unread += model.users.filter((_, user) => model.badge(user, 'messages') > 0).length
      }
    }),
    {
      numRuns: runs(count),
      endOnFailure: process.env['TEST_SHRINK'] === undefined,
    },
  )
  t.diagnostic(JSON.stringify({ ...done, unread, pokes: gateway.pokes.length }))
  for (const kind of ['send', 'receipt', 'redact', 'leave', 'join', 'rule', 'quiet', 'handle', 'ignore'])
    assert.ok((done[kind] ?? 0) > 0, `a step of kind ${kind} was performed`)
  assert.ok(unread > count * 20, 'the histories had unread events')
}

suite('sync, badge, pokes and notifications agree with a recount', () => {
  test('for a badge that counts rooms', (t) => compareHistories(t, { meaning: 'rooms', count: 2, flags: [] }))

  test('for a badge that counts messages', (t) =>
    compareHistories(t, { meaning: 'messages', count: 2, flags: [] }))

  const cluster = clusterUrl()
  const skip = typeof cluster === 'string' ? false : cluster.missing
  test('for a badge that counts rooms, on PostgreSQL', { skip }, async (t) => {
    const flags = ['--database', await newPostgresUrl(cluster as string)]
    await compareHistories(t, { meaning: 'rooms', count: 1, flags })
  })
})
