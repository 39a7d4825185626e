import type { Migration } from '../migration.ts'

/** The ends of push rules. Few rules have one, so the index that finds the next end is small. */
export const ruleEnds: Migration = {
  id: 47,
  name: 'rule-ends',
  statements: ({ int }) => [
    `alter table push_rules add column ends_at ${int}`,
    'create index push_rules_by_end on push_rules (ends_at) where ends_at is not null',
  ],
}
