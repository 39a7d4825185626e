import type { Migration } from '../migration.ts'

/** The used sessions of user-interactive authentication. */
export const authSessions: Migration = {
  id: 58,
  name: 'auth-sessions',
  statements: ({ int, plain }) => [
    `create table used_auth_sessions (nonce text not null primary key, expires_at ${int} not null) ${plain}`,
    'create index used_auth_sessions_by_end on used_auth_sessions (expires_at)',
  ],
}
