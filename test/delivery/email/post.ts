import { recipientFacts } from '../../../src/notifications/recipient-facts.ts'
import type { TestContext } from 'node:test'
import { putRule, type RuleContent } from '../../../src/user-rules/change-rules.ts'
import { rulesetOf } from '../../../src/user-rules/read-rules.ts'
import { insertThreepid } from '../../../src/accounts/threepids-store.ts'
import type { MailDeliveryDeps } from '../../../src/delivery/email/deps.ts'
import { mailLinks } from '../../../src/delivery/email/links.ts'
import { ripePushers } from '../../../src/delivery/email/mail-store.ts'
import { startMailDelivery } from '../../../src/delivery/email/worker.ts'
import type { Clock } from '../../../src/lib/clock.ts'
import type { RoomId } from '../../../src/lib/ids.ts'
import type { MailEvents } from '../../../src/lib/mail-events.ts'
import type { Mail } from '../../../src/lib/mail/mail.ts'
import type { SendMail } from '../../../src/delivery/email/mailer.ts'
import type { RuleKind } from '../../../src/push-rules/index.ts'
import { displayNameAt, loadPokedEvents } from '../../../src/rooms/poke-event.ts'
import type { Database } from '../../../src/storage/database.ts'
import { stepsOfRow } from '../../../src/trace/steps-store.ts'
import { query } from '../../../src/storage/query.ts'
import { eventually } from '../../support/eventually.ts'
import { silentLog } from '../../support/log.ts'
import {
  alice,
  bob,
  createDeliveryFixture,
  carol,
  type Told,
  type DeliveryFixture,
  type PusherWithLane,
} from '../delivery-fixture.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DELAY = 10 * MINUTE
type MailResult = Awaited<ReturnType<SendMail>>

export const SENT: MailResult = { kind: 'delivered', reason: 'accepted', status: 250, ms: 1 }

export type Posted = Mail & { at: number }

/** A delivery whose Bob has an e-mail pusher, with a mail server that is a function. */
export type Post = {
  delivery: DeliveryFixture
  posted: Posted[]
  told: { event: keyof MailEvents; fields: Record<string, unknown> }[]
  /** What becomes of the next mails. */
  answer(how: MailResult | ((mail: Mail) => MailResult | Promise<MailResult>)): void
  /** Starts the worker; resolves after its first look. `await using` it. */
  start(options?: Partial<MailDeliveryDeps>): Promise<AsyncDisposable>
  /** Moves the clock and waits until the worker has looked. */
  pass(ms: number): Promise<void>
  pusher(): Promise<PusherWithLane>
  rule(scope: string, kind: RuleKind, ruleId: string, content: RuleContent): Promise<void>
  inRoom(roomId: RoomId): Promise<void>
  steps(): Promise<{ position: number; step: string; reason: string | null }[]>
}

export const MAIL_PUSHER = {
  kind: 'email',
  app_id: 'm.email',
  pushkey: 'bob@example.org',
  instance_handle: 'mail',
  data: {},
}

export async function buildPost(t: TestContext, db: Database): Promise<Post> {
  const delivery = await createDeliveryFixture(t, db)
  let tokens = 0
  delivery.pushers.mail = { newUnsubscribeToken: () => `token-${++tokens}` }
  const now = delivery.clock.now()
  await db.transaction((tx) =>
    tx.run(insertThreepid, { userId: bob, address: 'bob@example.org', validatedAt: now, now }),
  )
  await delivery.setPusher(bob, MAIL_PUSHER)
  const posted: Posted[] = []
  const told: Post['told'] = []
  let how: (mail: Mail) => MailResult | Promise<MailResult> = () => SENT
  let looks = 0
  let inFlight = 0
  const leases = async () => (await db.all(leasedLanes, {})).map((row) => row.lease_owner)
  /** No lane is ripe, and each that was leased since has its mail in flight. */
  const isQuiet = async (before: readonly unknown[]) => {
    const at = delivery.clock.now()
    const page = { after: 0, limit: 9, now: at, before: at - DELAY, beyond: at + DELAY }
    const ripe = await db.all(ripePushers, page)
    const leased = await leases()
    return ripe.length === 0 && leased.filter((owner) => !before.includes(owner)).length === inFlight
  }
  // A look ends with a sleep.
  const clock: Clock = {
    now: () => delivery.clock.now(),
    sleep(ms, signal) {
      looks++
      return delivery.clock.sleep(ms, signal)
    },
  }
  const looked = async (move: () => void | Promise<void>) => {
    const before = looks
    const held = await leases()
    await move()
    await eventually(() => looks > before)
    await eventually(() => isQuiet(held))
  }
  return {
    delivery,
    posted,
    told,
    answer: (next) => void (how = typeof next === 'function' ? next : () => next),
    async start(options = {}) {
      let worker: AsyncDisposable | undefined
      await looked(async () => {
        worker = await startMailDelivery({ ...depsOf(delivery, told), clock, send, ...options })
      })
      return worker as AsyncDisposable
    },
    pass: (ms) => looked(() => delivery.clock.advance(ms)),
    pusher: async () => (await delivery.pusherRows()).find((row) => row.kind === 'email') as PusherWithLane,
    rule: (scope, kind, ruleId, content) =>
      putRule(
        { ...delivery.rules, bus: delivery.pushers.bus, onRulesChanged: async () => undefined },
        { userId: bob, scope, kind, ruleId },
        { content },
      ),
    async inRoom(roomId) {
      for (const userId of [alice, bob, carol]) await delivery.fixture.join(roomId, userId)
    },
    steps: async () =>
      (await db.all(allSteps, {}))
        .flatMap(stepsOfRow)
        .map(({ position, step, reason }) => ({ position, step, reason })),
  }

  async function send(mail: Mail): Promise<MailResult> {
    inFlight++
    const result = await how(mail)
    inFlight--
    posted.push({ ...mail, at: delivery.clock.now() })
    return result
  }
}

function depsOf(delivery: DeliveryFixture, told: Post['told']): Omit<MailDeliveryDeps, 'clock' | 'send'> {
  const note = (event: keyof MailEvents) => (fields: Told['fields']) => void told.push({ event, fields })
  return {
    db: delivery.db,
    random: { token: (bytes) => `owner-${bytes}-${Math.random()}`, below: (n) => n - 1 },
    log: silentLog,
    events: {
      mailSent: note('mailSent'),
      mailFailed: note('mailFailed'),
      mailRefused: note('mailRefused'),
      mailSkipped: note('mailSkipped'),
    },
    trace: delivery.pushers.trace,
    loadPokedEvents,
    recipientFacts,
    rulesOf: (q, userId) => rulesetOf(q, userId, { legacyMentionRules: true }),
    ruleSettings: {},
    displayNameAt,
    links: mailLinks({ publicUrl: 'https://m.example.org', clientUrl: 'https://app.example.org' }),
    name: 'Office',
    endSending: async () => undefined,
    includeContent: true,
    delayMs: DELAY,
    concurrency: 4,
  }
}

const allSteps = query()((db) =>
  db.selectFrom('trace_steps').select(['position', 'at', 'steps']).orderBy('position').orderBy('entry_id'),
)

const leasedLanes = query()((db) =>
  db
    .selectFrom('lanes')
    .select('lease_owner')
    .where('kind', '=', 'mail')
    .where('lease_owner', 'is not', null),
)
