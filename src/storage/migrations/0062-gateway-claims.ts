import type { Migration } from '../migration.ts'

/** Notifications that a process of the gateway is sending, so that another process does not send them too. */
export const gatewayClaims: Migration = {
  id: 62,
  name: 'gateway claims',
  statements: ({ int, keyed }) => [
    `create table gateway_claims (
      message_key text not null primary key, holder text not null, until ${int} not null) ${keyed}`,
    'create index gateway_claims_by_end on gateway_claims (until)',
  ],
}
