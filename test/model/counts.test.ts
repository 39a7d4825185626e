import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { loginUser, registerUser } from '../support/client.ts'
import { clusterUrl, newPostgresUrl } from '../support/databases.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'
import {
  type BadgeMeaning,
  compareGateway,
  compareLists,
  compareScreens,
  type Screen,
  type Told,
} from './compare.ts'
import { play, setPusher, type Stage, type Step, step } from './play.ts'
import { Recount } from './recount.ts'

// One source of counts: random stories of four people with six devices in two rooms, over HTTP, with everything that shows a
// number held against a recount after each step. TEST_SEED repeats a run (fast-check prints the seed of one that failed), TEST_HISTORIES
// makes it longer, TEST_SHRINK looks for a shorter story that fails too.

const PEOPLE = ['ann', 'bob', 'cat', 'dan']
const ROOMS = 2
/** The first two have a phone and a tablet; the last has no pusher. */
const PUSHERS: readonly [who: number, pushkey: string, handle: string][] = [
  [0, 'phone-0', 'loud'],
  [1, 'phone-0', 'quiet'],
  [1, 'tablet-1', 'loud'],
  [2, 'phone-0', 'loud'],
]
/** Everybody may join, and everybody invite. */
const OPEN = { preset: 'public_chat', power_level_content_override: { invite: 0 } }
let runs = 0

async function begin(url: string, gateway: string): Promise<{ stage: Stage; screens: Screen[] }> {
  const run = runs++
  const model = new Recount(PEOPLE.length, ROOMS)
  const devices = await Promise.all(
    PEOPLE.map(async (name, who) => {
      const first = await registerUser(url, `${name}${run}`)
      return who < 2 ? [first, await loginUser(url, `${name}${run}`)] : [first]
    }),
  )
  const rooms: string[] = []
  for (let room = 0; room < ROOMS; room++) {
    rooms.push((await devices[0]?.[0]?.createRoom(OPEN)) ?? '')
    model.person(0).joinedAt.set(room, -1)
  }
  const stage = { model, devices, rooms, gateway }
  for (const [who, pushkey, handle] of PUSHERS) {
    const pusher = { pushkey: `${PEOPLE[who]}${run}-${pushkey}`, handle, told: undefined }
    model.person(who).pushers.push(pusher)
    await setPusher(stage, who, pusher)
  }
  const screens = devices.flatMap((own, who) =>
    own.map((client, at) => {
      const none: Pick<Screen, 'since' | 'rooms'> = { since: undefined, rooms: new Map() }
      return { client, who, byThread: (who + at) % 2 === 0, ...none }
    }),
  )
  return { stage, screens }
}

const first = (kind: string, who: number, more: Partial<Step> = {}): Step => ({
  kind,
  who,
  other: 0,
  room: 0,
  pick: 0,
  form: 0,
  ...more,
})
/** Each kind of step once, before chance takes over. */
const OPENING: readonly Step[] = [
  first('join', 1),
  first('join', 2),
  first('join', 1, { room: 1 }),
  first('send', 0),
  first('send', 1, { form: 7 }),
  first('send', 2, { form: 9, other: 1 }),
  first('rule', 0),
  first('quiet', 1),
  first('handle', 1, { pick: 1 }),
  first('ignore', 2),
  first('receipt', 2, { form: 6 }),
  first('redact', 1),
  first('invite', 3, { other: 0, room: 1 }),
  first('leave', 2),
]

async function holds(
  t: TestContext,
  { meaning, histories, flags }: { meaning: BadgeMeaning; histories: number; flags: string[] },
): Promise<void> {
  const server = await startTestServer(t, { flags, env: { BELFRY_PUSH_BADGE: meaning } })
  const gateway = await startPokeReceiver(t)
  const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000)
  t.diagnostic(`seed ${seed}; set TEST_SEED to repeat it`)
  const done: Record<string, number> = {}
  let unread = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 120, size: 'max' }), async (steps) => {
      gateway.pokes.splice(0)
      const { stage, screens } = await begin(server.url, gateway.url)
      const { model } = stage
      const told: Told = { events: [], seen: 0 }
      for (const [at, next] of [...OPENING, ...steps].entries()) {
        const badgesBefore = model.people.map((_, who) => model.badge(who, meaning))
        const events = await play(stage, next)
        if (events === undefined) continue
        done[next.kind] = (done[next.kind] ?? 0) + 1
        const after = `step ${at}, ${next.kind}`
        await compareGateway(stage, gateway, told, { events, badgesBefore, meaning, after })
        await compareScreens(stage, screens, after)
        await compareLists(stage, after)
        unread += model.people.filter((_, who) => model.badge(who, 'messages') > 0).length
      }
    }),
    {
      numRuns: Number(process.env['TEST_HISTORIES'] ?? histories),
      seed,
      endOnFailure: process.env['TEST_SHRINK'] === undefined,
    },
  )
  t.diagnostic(JSON.stringify({ ...done, unread, pokes: gateway.pokes.length }))
  for (const kind of ['send', 'receipt', 'redact', 'leave', 'join', 'rule', 'quiet', 'handle', 'ignore'])
    assert.ok((done[kind] ?? 0) > 0, `there was a step of the kind ${kind}`)
  assert.ok(unread > histories * 20, 'there was something to count')
}

suite('sync, badge, pokes and notifications agree with a recount', () => {
  test('with a badge of rooms', (t) => holds(t, { meaning: 'rooms', histories: 4, flags: [] }))

  test('with a badge of messages', (t) => holds(t, { meaning: 'messages', histories: 3, flags: [] }))

  const cluster = clusterUrl()
  const skip = typeof cluster === 'string' ? false : cluster.missing
  test('on PostgreSQL', { skip }, async (t) => {
    const flags = ['--database', await newPostgresUrl(cluster as string)]
    await holds(t, { meaning: 'rooms', histories: 2, flags })
  })
})
