import type { Migration } from '../migration.ts'

/** Tokens with which accounts can be registered (client-server API, "Token-authenticated registration"). */
export const registrationTokens: Migration = {
  id: 66,
  name: 'registration-tokens',
  statements: ({ int, plain }) => [
    `create table registration_tokens (
      token text not null primary key, uses_allowed ${int}, completed ${int} not null, expires_at ${int},
      created_at ${int} not null) ${plain}`,
  ],
}
