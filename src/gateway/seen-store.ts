import { type Queries, query } from '../storage/query.ts'

/** The recorded result of a notification. `queued`: it waits in the queue. */
export type SeenOutcome = 'delivered' | 'rejected' | 'dropped' | 'queued'

export type Seen = { messageKey: string; outcome: SeenOutcome; at: number }

/** The records of a notification and of its device. */
export type Known = { seen?: Pick<Seen, 'outcome' | 'at'>; rejectedAt?: number }

type WantedKeys = { message_key: string; device_key: string }

/** `messageKey` undefined: only the device is looked up. */
export async function remembered(
  q: Queries,
  items: readonly { messageKey: string | undefined; deviceKey: string }[],
): Promise<Known[]> {
  const keys = items.map(({ messageKey = '', deviceKey }) => ({
    message_key: messageKey,
    device_key: deviceKey,
  }))
  const known = new Map<string, Known>()
  for (const row of await q.all(knownOf, { keys }))
    known.set(nameOf(row), {
      ...(row.outcome !== null && { seen: { outcome: row.outcome as SeenOutcome, at: row.seen_at ?? 0 } }),
      ...(row.rejected_at !== null && { rejectedAt: row.rejected_at }),
    })
  return keys.map((one) => known.get(nameOf(one)) ?? {})
}

const nameOf = ({ message_key: messageKey, device_key: deviceKey }: WantedKeys) =>
  `${messageKey} ${deviceKey}`

/** The records of these notifications and devices, without those that have none. */
export const knownOf = query<{ keys: readonly WantedKeys[] }>()((db, p, d) =>
  db
    .selectFrom(d.rows(p.keys, { message_key: 'text', device_key: 'text' }).as('k'))
    .leftJoin('gateway_seen as s', 's.message_key', 'k.message_key')
    .leftJoin('gateway_rejections as r', 'r.device_key', 'k.device_key')
    .where((eb) => eb.or([eb('s.outcome', 'is not', null), eb('r.rejected_at', 'is not', null)]))
    .select(['k.message_key', 'k.device_key', 's.outcome', 's.seen_at', 'r.rejected_at']),
)

type SeenRow = { message_key: string; outcome: string; seen_at: number }

/**
 * A later record of a notification replaces the earlier one. Several processes write them in the order of
 * their keys.
 */
export async function noteSeen(tx: Queries, seen: readonly Seen[]): Promise<void> {
  if (seen.length === 0) return
  const rows = new Map(
    seen.map(({ messageKey, outcome, at }) => [
      messageKey,
      { message_key: messageKey, outcome, seen_at: at },
    ]),
  )
  await tx.run(putSeen, { rows: [...rows.values()] })
}

export const putSeen = query<{ rows: readonly SeenRow[] }>()((db, p, d) =>
  db
    .insertInto('gateway_seen')
    .columns(['message_key', 'outcome', 'seen_at'])
    .expression((eb) =>
      eb
        .selectFrom(d.rows(p.rows, { message_key: 'text', outcome: 'text', seen_at: 'integer' }).as('r'))
        .select(['r.message_key', 'r.outcome', 'r.seen_at'])
        // Without a condition SQLite would read `on conflict` as part of a join.
        .where((e) => e.lit(true))
        .orderBy('r.message_key'),
    )
    .onConflict((oc) =>
      oc.column('message_key').doUpdateSet((eb) => ({
        outcome: eb.ref('excluded.outcome'),
        seen_at: eb.ref('excluded.seen_at'),
      })),
    ),
)

export const putRejection = query<{ deviceKey: string; at: number }>()((db, p) =>
  db
    .insertInto('gateway_rejections')
    .values({ device_key: p.deviceKey, rejected_at: p.at })
    .onConflict((oc) => oc.column('device_key').doUpdateSet({ rejected_at: p.at })),
)

/** The home server has received the rejection. A newer rejection stays. */
export const dropRejection = query<{ deviceKey: string; until: number }>()((db, p) =>
  db
    .deleteFrom('gateway_rejections')
    .where('device_key', '=', p.deviceKey)
    .where('rejected_at', '<=', p.until),
)

export const forgetSeen = query<{ before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('gateway_seen')
    .where('message_key', 'in', (eb) =>
      eb
        .selectFrom('gateway_seen')
        .select('message_key')
        .where('seen_at', '<', p.before)
        .orderBy('seen_at')
        .limit(p.limit),
    ),
)

export const forgetRejections = query<{ before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('gateway_rejections')
    .where('device_key', 'in', (eb) =>
      eb
        .selectFrom('gateway_rejections')
        .select('device_key')
        .where('rejected_at', '<', p.before)
        .orderBy('rejected_at')
        .limit(p.limit),
    ),
)

export const countSeen = query<Record<never, never>>()((db) =>
  db.selectFrom('gateway_seen').select((eb) => eb.fn.countAll<number>().as('count')),
)

export const countRejections = query<Record<never, never>>()((db) =>
  db.selectFrom('gateway_rejections').select((eb) => eb.fn.countAll<number>().as('count')),
)
