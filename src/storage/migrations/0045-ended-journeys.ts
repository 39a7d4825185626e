import type { ColumnTypes, Migration } from '../migration.ts'

/**
 * The last step of a journey that was not sent gets a row with the id of the pusher, so that an index leads
 * from a pusher to these few events. The steps of existing rows are moved: after the other steps of their
 * events, where they belong.
 */
export const endedJourneys: Migration = {
  id: 45,
  name: 'ended-journeys',
  statements: (types) => [
    `alter table trace_steps add column pusher_id ${types.int}`,
    ...moveEnds(types),
    `create index trace_steps_of_pushers on trace_steps (pusher_id, position) where pusher_id is not null`,
  ],
}

/** As `isEnd` in `trace/device-state.ts` at the time of this migration. */
const IS_END = `(item.value ->> 1 in ('dropped', 'rejected', 'cleared') or (item.value ->> 1 = 'skipped' and item.value ->> 2 not in
  ('sender is ignored', 'does not notify', 'in the app only', 'suppressed by a device rule', 'not by e-mail')))`

/** Rows that may contain such a step. Only these are parsed. */
const CANDIDATES = `pusher_id is null and (steps like '%"skipped"%' or steps like '%"dropped"%' or steps like '%"rejected"%'
  or steps like '%"cleared"%')`

const moveEnds = ({ itemsIn }: ColumnTypes) => [
  `insert into trace_steps (position, at, steps, pusher_id)
    select t.position, t.at, '[' || cast(item.value as text) || ']', cast(item.value ->> 0 as bigint)
    from trace_steps as t, ${itemsIn('t.steps')}
    where t.entry_id in (select entry_id from trace_steps where ${CANDIDATES}) and ${IS_END}
    order by t.entry_id, item.key`,
  `update trace_steps set steps = coalesce(
      (select '[' || string_agg(cast(item.value as text), ',' order by item.key) || ']' from ${itemsIn('steps')} where not ${IS_END}), '[]')
    where ${CANDIDATES}`,
  `delete from trace_steps where steps = '[]'`,
]
