import type { AccountsSchema } from './accounts-schema.ts'
import type { ArrivalsSchema } from './arrivals-schema.ts'
import type { AttemptsSchema } from './attempts-schema.ts'
import type { EncryptionSchema } from './encryption-schema.ts'
import type { EventsSchema } from './events-schema.ts'
import type { GatewaySchema } from './gateway-schema.ts'
import type { KeysSchema } from './keys-schema.ts'
import type { MediaSchema } from './media-schema.ts'
import type { PresenceSchema } from './presence-schema.ts'
import type { ProcessesSchema } from './processes-schema.ts'
import type { ProfileSchema } from './profile-schema.ts'
import type { PushersSchema } from './pushers-schema.ts'
import type { RegistrationSchema } from './registration-schema.ts'
import type { RelationsSchema } from './relations-schema.ts'
import type { RetentionSchema } from './retention-schema.ts'
import type { RoomUpgradesSchema } from './room-upgrades-schema.ts'
import type { RoomsSchema } from './rooms-schema.ts'
import type { RulesSchema } from './rules-schema.ts'
import type { SearchSchema } from './search-schema.ts'
import type { SendingSchema } from './sending-schema.ts'
import type { ServerSchema } from './server-schema.ts'
import type { SlidingSchema } from './sliding-schema.ts'
import type { TraceSchema } from './trace-schema.ts'
import type { UnreadSchema } from './unread-schema.ts'
import type { UserDirectorySchema } from './user-directory-schema.ts'

// The tables, by subject: each `*-schema.ts` has one type for each of its tables. Times are milliseconds
// since the Unix epoch; booleans are 0 or 1; JSON is text. A position is a place in the one stream of the
// server. Everything that /sync returns has a position. Positions only grow. The migrations in migrations/
// create the tables and indexes.

/** All tables of the database, by name. */
export type Schema = AccountsSchema &
  ArrivalsSchema &
  AttemptsSchema &
  EncryptionSchema &
  EventsSchema &
  GatewaySchema &
  KeysSchema &
  MediaSchema &
  PresenceSchema &
  ProcessesSchema &
  ProfileSchema &
  PushersSchema &
  RegistrationSchema &
  RelationsSchema &
  RetentionSchema &
  RoomUpgradesSchema &
  RoomsSchema &
  RulesSchema &
  SearchSchema &
  SendingSchema &
  ServerSchema &
  SlidingSchema &
  TraceSchema &
  UnreadSchema &
  UserDirectorySchema
