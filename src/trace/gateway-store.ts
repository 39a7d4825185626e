import { query } from '../storage/query.ts'

type GatewayRow = {
  event_id: string
  app_id: string
  pushkey_hash: string
  at: number
  attempt: number
  outcome: string
  reason: string | null
  status: number | null
  provider_id: string | null
  ms: number | null
}

export const insertGatewaySteps = query<{ rows: readonly GatewayRow[] }>()((db, p, d) => {
  const columns = {
    event_id: 'text',
    app_id: 'text',
    pushkey_hash: 'text',
    at: 'integer',
    attempt: 'integer',
    outcome: 'text',
    reason: 'text',
    status: 'integer',
    provider_id: 'text',
    ms: 'integer',
  } as const
  const names = Object.keys(columns) as (keyof typeof columns)[]
  return db
    .insertInto('trace_gateway')
    .columns(names)
    .expression(db.selectFrom(d.rows(p.rows, columns).as('r')).select(names))
})

/** The steps of the gateway for an event, for all devices, in order. */
export const gatewayStepsOfEvent = query<{ eventId: string }>()((db, p) =>
  db.selectFrom('trace_gateway').selectAll().where('event_id', '=', p.eventId).orderBy('entry_id'),
)
