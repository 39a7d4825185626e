import type { Sign } from '../accounts/server-secret.ts'
import type { ClusterMember } from '../cluster/membership.ts'
import type { ServerBus } from '../cluster/shared-bus.ts'
import type { Quotas } from '../config/limits-schema.ts'
import type { NamedConfig } from '../config/schema.ts'
import type { MailService } from '../delivery/email/mail-service.ts'
import type { GatewayParts } from '../gateway-app/gateway-parts.ts'
import type { Vapid } from '../gateway/webpush/token.ts'
import type { RateLimiter } from '../http/rate-limit.ts'
import type { Lookup } from '../lib/outbound/lookup.ts'
import type { MediaDeps } from '../media/deps.ts'
import { type NotificationDeps } from '../notifications/deps.ts'
import type { RuleSettings } from '../push-rules/model.ts'
import type { Environment } from '../process/environment.ts'
import { type PusherDeps } from '../pushers/set-pusher.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import type { Database } from '../storage/database.ts'
import type { Trace } from '../trace/trace.ts'

export type FromOutside = {
  membership: ClusterMember
  isDraining: () => boolean
  ca: readonly string[]
  bus: ServerBus
  limiter: RateLimiter
  lookup: Lookup
  trace: Trace
  own: GatewayParts
  vapid: Vapid | undefined
  sign: Sign
  mail: MailService | undefined
}

/** What every stage may be built from. */
export type StageInputs = Environment &
  FromOutside & {
    config: NamedConfig
    db: Database
    ruleSettings: RuleSettings
    quotas: Quotas
    media: MediaDeps
  }

/** The stages in which accounts have rows. */
export type AccountHangers = { pushers: PusherDeps; rooms: RoomDeps; notifications: NotificationDeps }
