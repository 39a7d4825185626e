// The responses of the API that the console reads (docs/api.md), with the properties that it uses.

/** `item`: the second segment of the path of a screen, decoded. */
export type ScreenProps = { item: string | undefined }

export type ConsoleUser = {
  user_id: string
  device_id: string
  is_admin: boolean
  server_name: string
  version: string
}

export type PusherState = 'off' | 'pending' | 'ok' | 'retrying' | 'failing'

export type PusherLine = {
  pusher_id: number
  user_id: string
  app_id: string
  pushkey?: string
  pushkey_hash: string
  kind: string
  app_display_name: string
  device_display_name: string
  instance_handle: string | null
  gateway: string | null
  state: PusherState
  queued: number
  last_success_at: number | null
  failing_since: number | null
  next_attempt_at: number | null
  held_until: number | null
  last_error: string | null
  last_error_at: number | null
  arrival: {
    state: 'arrives' | 'not seen' | 'unknown'
    last_arrived_at: number | null
    usual_ms: number | null
    not_seen: number
  }
}

export type PusherList = { pushers: PusherLine[]; removed: RemovedPusher[] }

export type PusherPage = PusherList & { next_batch?: string }

/** An account in the lists of administrators (Synapse's admin API). */
export type AccountLine = {
  name: string
  displayname: string | null
  admin: boolean
  locked: boolean
  suspended: boolean
  last_seen_ts: number | null
}

export type AccountPage = { users: AccountLine[]; next_token?: string }

type ShareLine = { arrived: number; not_seen: number; share: number | null }

export type GatewayReport = {
  gateways: {
    gateway: string
    app_id: string | null
    hour: ShareLine
    day: ShareLine
    usual_share: number | null
    alarm: { window: 'hour' | 'day'; share: number; usual_share: number; devices: number } | null
  }[]
}

/** An app of this server's own gateway. */
export type OwnApp = {
  type: string
  state: 'ok' | 'degraded' | 'failing' | 'alarmed'
  in_flight: number
  waiting: number
  credentials_expire_at?: number
  troubles: { reason: string; since: number }[]
}

export type HealthReport = { status: string; gateway?: { queued: number; apps: Record<string, OwnApp> } }

export type RemovedPusher = {
  app_id: string
  pushkey_hash: string
  app_display_name: string
  device_display_name: string
  reason: string
  removed_at: number
  last_success_at: number | null
}

/** Of `GET /pushers`: what its `POST` takes. */
export type PusherSetting = {
  app_id: string
  pushkey: string
  enabled: boolean
  device_id: string | null
  disable_badge_count?: boolean
  'org.belfry.hold_while_active_ms'?: number
  'org.belfry.status'?: unknown
  [key: string]: unknown
}

export type FindingRule = RuleName

export type RemedyLine = {
  code: string
  label: string
  method: 'POST' | 'PUT' | 'DELETE'
  path: string
  body: Record<string, unknown> | null
  rule: FindingRule | null
}

export type FindingLine = {
  code: string
  severity: 'problem' | 'warning' | 'hint'
  text: string
  advice: string
  rule: FindingRule | null
  other_rule: FindingRule | null
  room: { room_id: string; name: string | null } | null
  rooms: { room_ids: string[]; total: number } | null
  pusher: {
    app_id: string
    pushkey_hash: string
    device_display_name: string
    instance_handle: string | null
  } | null
  instance_handle: string | null
  since: number | null
  remedies: RemedyLine[]
}

export type DoctorReport = { total: number; findings: FindingLine[] }

export type StepLine = {
  step: string
  reason: string
  text: string
  at: number | null
  attempt?: number
  status?: number | null
  ms?: number | null
  error?: string | null
  rule?: { scope?: string; kind: string; rule_id: string } | null
  next_attempt_at?: number | null
  provider_id?: string | null
}

export type PusherJourney = {
  pusher_id: number
  app_id: string
  app_display_name: string
  device_display_name: string
  pushkey_hash: string
  removed_at: number | null
  state: string | null
  reason: string | null
  steps: StepLine[]
}

export type EventJourney = {
  event_id: string
  room_id: string
  type: string
  sender: string
  user_id: string
  notifies: boolean | null
  read: boolean
  traced: boolean
  steps: StepLine[]
  pushers: PusherJourney[]
}

export type RuleName = { scope: string; instance_handle?: string; kind: string; rule_id: string }

export type RuleCheck = {
  condition: unknown
  holds: boolean
  expected: unknown
  actual: unknown
  hidden?: boolean
}

export type RuleLine = RuleName & { enabled: boolean; verdict: string; conditions: RuleCheck[] }

export type DeviceDecision = {
  app_id: string | null
  app_display_name: string | null
  device_display_name: string | null
  instance_handle: string | null
  poke: boolean
  reason: string | null
  tweaks?: Record<string, unknown>
  prio?: string
  decided_by: RuleName | null
  rules: RuleLine[]
}

export type EventExplanation = {
  user_id: string
  notify: boolean
  highlight: boolean
  decided_by: RuleName | null
  reason: string | null
  rules: RuleLine[]
  pushers: DeviceDecision[]
  rules_changed_since?: boolean
}

export type TestResult = {
  status: string
  'org.belfry.attempt': {
    event_id: string
    gateway_status: number | null
    ms: number
    error: string | null
  } | null
}

type PreviewCounts = { rings: number; silent: number; differs: number }

/** What a rule would have changed among the newest events. */
export type RulePreview = {
  events: number
  is_cut: boolean
  account: PreviewCounts & { changes: PreviewLine[] }
  pushers: (PreviewCounts & {
    app_id: string
    device_display_name: string
    instance_handle: string | null
    changes: PreviewLine[]
  })[]
}

export type PreviewLine = {
  event_id: string
  room_id: string
  room_name: string | null
  sender: string
  origin_server_ts: number
  change: string
}

/** An event in the format of the client-server API. */
export type RoomEvent = {
  type: string
  sender?: string
  content: Record<string, unknown>
  [key: string]: unknown
}

/** One device in the list of journeys. */
export type DeviceOfLine = {
  pusher_id: number
  app_display_name: string
  device_display_name: string
  state: string
  reason: string
  text: string
  next_attempt_at: number | null
  error: string | null
  /** Proof that the push reached the device: it fetched the event. */
  arrived: { at: number; after_ms: number } | null
  not_seen: boolean
}

/** One event in the list of journeys. */
export type JourneyLine = {
  event_id: string
  room_id: string
  room_name: string | null
  sender: string
  type: string
  at: number
  redacted: boolean
  decision: {
    notifies: boolean | null
    reason: string
    text: string
    rule: { kind: string; rule_id: string } | null
  }
  devices: DeviceOfLine[]
}

export type JourneyLines = {
  journeys: JourneyLine[]
  total: number
  total_is_at_least: boolean
  next_batch?: string
  last_event_id?: string
}
