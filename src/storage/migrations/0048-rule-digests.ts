import type { Migration } from '../migration.ts'

/** The times at which the events that push rules have held back are summed up. */
export const ruleDigests: Migration = {
  id: 48,
  name: 'rule-digests',
  statements: ({ int }) => [
    `alter table push_rules add column digest ${int} not null default 0`,
    `alter table push_rules add column digest_at ${int}`,
    `alter table push_rules add column digest_from ${int}`,
    'create index push_rules_by_digest on push_rules (digest_at) where digest_at is not null',
  ],
}
