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
import { createLoadWords } from '../../../src/language/load-words.ts'
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
  type DeliveryFixture,
  type PusherWithLane,
} from '../delivery-fixture.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DELAY = 10 * MINUTE
type MailResult = Awaited<ReturnType<SendMail>>
type ResultOf = (mail: Mail) => MailResult | Promise<MailResult>

export const SENT: MailResult = { kind: 'delivered', reason: 'accepted', status: 250, ms: 1 }

type ReportedMailEvent = { event: keyof MailEvents; fields: Record<string, unknown> }

/** A delivery fixture in which bob has an e-mail pusher. A function replaces the mail server. */
export type MailFixture = {
  delivery: DeliveryFixture
  /** The mails of all finished attempts, also of failed ones, with the time of each. */
  mails: (Mail & { at: number })[]
  /** The calls of `MailEvents`. */
  reported: ReportedMailEvent[]
  /** Sets the result of all following attempts. */
  setResult(result: MailResult | ResultOf): void
  /** Starts the worker. Resolves after its first look for due mails. `await using` it. */
  start(options?: Partial<MailDeliveryDeps>): Promise<AsyncDisposable>
  /** Moves the clock, and waits until the worker has looked for due mails and is idle. */
  advance(ms: number): Promise<void>
  /** The row of the e-mail pusher. */
  pusher(): Promise<PusherWithLane>
  /** Sets a push rule of bob. */
  putRule(scope: string, kind: RuleKind, ruleId: string, content: RuleContent): Promise<void>
  /** Joins all users to a room. */
  joinAll(roomId: RoomId): Promise<void>
  /** All steps in the trace. */
  steps(): Promise<{ position: number; step: string; reason: string | null }[]>
}

export const MAIL_PUSHER = {
  kind: 'email',
  app_id: 'm.email',
  pushkey: 'bob@example.org',
  instance_handle: 'mail',
  data: {},
}

export async function createMailFixture(t: TestContext, db: Database): Promise<MailFixture> {
  const delivery = await createDeliveryFixture(t, db)
  let tokens = 0
  delivery.pushers.mail = { newUnsubscribeToken: () => `token-${++tokens}` }
  const now = delivery.clock.now()
  await db.transaction((tx) =>
    tx.run(insertThreepid, { userId: bob, address: 'bob@example.org', validatedAt: now, now }),
  )
  await delivery.setPusher(bob, MAIL_PUSHER)
  const mails: MailFixture['mails'] = []
  const reported: ReportedMailEvent[] = []
  let resultOf: ResultOf = () => SENT
  let looks = 0
  let inFlight = 0
  const leases = async () => (await db.all(leasedLanes, {})).map((row) => row.lease_owner)
  /** No lane is due, and the mail of each lane that was leased after `before` is in flight. */
  const isIdle = async (before: readonly unknown[]) => {
    const at = delivery.clock.now()
    const page = { after: 0, limit: 9, now: at, before: at - DELAY, beyond: at + DELAY }
    const ripe = await db.all(ripePushers, page)
    const leased = await leases()
    return ripe.length === 0 && leased.filter((owner) => !before.includes(owner)).length === inFlight
  }
  // The worker sleeps after each look, so the calls of `sleep` count the looks.
  const clock: Clock = {
    now: () => delivery.clock.now(),
    sleep(ms, signal) {
      looks++
      return delivery.clock.sleep(ms, signal)
    },
  }
  const untilLooked = async (move: () => void | Promise<void>) => {
    const looksBefore = looks
    const leasesBefore = await leases()
    await move()
    await eventually(() => looks > looksBefore)
    await eventually(() => isIdle(leasesBefore))
  }
  return {
    delivery,
    mails,
    reported,
    setResult: (result) => void (resultOf = typeof result === 'function' ? result : () => result),
    async start(options = {}) {
      let worker: AsyncDisposable | undefined
      await untilLooked(async () => {
        worker = await startMailDelivery({ ...depsOf(delivery, reported), clock, send, ...options })
      })
      return worker as AsyncDisposable
    },
    advance: (ms) => untilLooked(() => delivery.clock.advance(ms)),
    pusher: async () => (await delivery.pusherRows()).find((row) => row.kind === 'email') as PusherWithLane,
    putRule: (scope, kind, ruleId, content) =>
      putRule(
        { ...delivery.rules, bus: delivery.pushers.bus, onRulesChanged: async () => undefined },
        { userId: bob, scope, kind, ruleId },
        { content },
      ),
    async joinAll(roomId) {
      for (const userId of [alice, bob, carol]) await delivery.fixture.join(roomId, userId)
    },
    steps: async () =>
      (await db.all(allSteps, {}))
        .flatMap(stepsOfRow)
        .map(({ position, step, reason }) => ({ position, step, reason })),
  }

  async function send(mail: Mail): Promise<MailResult> {
    inFlight++
    const result = await resultOf(mail)
    inFlight--
    mails.push({ ...mail, at: delivery.clock.now() })
    return result
  }
}

function depsOf(
  delivery: DeliveryFixture,
  reported: ReportedMailEvent[],
): Omit<MailDeliveryDeps, 'clock' | 'send'> {
  const record = (event: keyof MailEvents) => (fields: ReportedMailEvent['fields']) =>
    void reported.push({ event, fields })
  return {
    db: delivery.db,
    random: { token: (bytes) => `owner-${bytes}-${Math.random()}`, below: (n) => n - 1 },
    log: silentLog,
    events: {
      mailSent: record('mailSent'),
      mailFailed: record('mailFailed'),
      mailRefused: record('mailRefused'),
      mailSkipped: record('mailSkipped'),
    },
    trace: delivery.pushers.trace,
    loadPokedEvents,
    recipientFacts,
    rulesOf: (q, userId) => rulesetOf(q, userId, { legacyMentionRules: true }),
    ruleSettings: {},
    displayNameAt,
    links: mailLinks({ publicUrl: 'https://m.example.org', clientUrl: 'https://app.example.org' }),
    name: 'Office',
    wordsOf: createLoadWords('en'),
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
