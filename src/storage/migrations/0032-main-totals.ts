import type { Migration } from '../migration.ts'

/**
 * Every outcome has the totals of the thread 'main', so the index by thread contains only the other threads.
 * Nearly all messages are in 'main', and each wrote a page of that index.
 */
export const mainTotals: Migration = {
  id: 32,
  name: 'main-totals',
  statements: ({ int }) => [
    `alter table cohort_outcomes add column main_notify ${int} not null default 0`,
    `alter table cohort_outcomes add column main_highlight ${int} not null default 0`,
    `update cohort_outcomes set main_notify = ${lastInMain('thread_notify')}, main_highlight = ${lastInMain('thread_highlight')}`,
    `drop index cohort_outcomes_by_thread`,
    `create index cohort_outcomes_of_threads on cohort_outcomes (room_id, cohort, thread_id, position)
      where thread_id <> 'main'`,
  ],
}

const lastInMain = (column: string) =>
  `case when thread_id = 'main' then ${column} else coalesce((select m.${column} from cohort_outcomes as m
    where m.room_id = cohort_outcomes.room_id and m.cohort = cohort_outcomes.cohort and m.thread_id = 'main'
      and m.position < cohort_outcomes.position
    order by m.position desc limit 1), 0) end`
