import type {
  ClusterStatus,
  copyDatabase,
  Maintenance,
  MediaAdministration,
  restoreBackup,
  RoomAdministration,
  TokenAdministration,
} from '../app.ts'
import type { GatewayConfig } from '../config/gateway-file.ts'
import type { Config } from '../config/schema.ts'
import type { OnProgress } from '../lib/progress.ts'
import type { JourneyResponseStep } from './push-trace-text.ts'

/** The part of a log (`src/lib/log.ts`) that the commands use. */
export type ServerLog = {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  fatal(fields: object, message: string): void
}

/** The part of a running Belfry (`src/app.ts`) that the commands use. */
export type App = {
  /** The domain of its user ids. */
  serverName: string
  hasConsole: boolean
  listen(): Promise<{ url: string }>
  close(): Promise<void>
  /** The log of the server. A running server reports everything there. */
  log: ServerLog
  /** Applies the settings that can change at run time: the apps of the gateway. */
  reload(config: Config): Promise<void>
  accounts: AccountCommands
  tokens: TokenAdministration
  rooms: RoomAdministration
  exportUser(
    name: string,
    to: { file: string; onProgress: OnProgress },
  ): Promise<{ user_id: string; file: string; bytes: number }>
  reports: ReportCommands
  media: MediaAdministration
  maintenance: Maintenance
  clusterStatus(): Promise<ClusterStatus>
  /** The OpenAPI document of all endpoints. */
  openApi(): Promise<object>
  internalSession(name: string): Promise<{ userId: string; accessToken: string; end(): Promise<void> }>
}

type Changed = Promise<{ userId: string }>

/** `name`: a user name or a full user id. Every method rejects with a message for the operator. */
export type AccountCommands = {
  add(input: { name: string; password: string; admin: boolean }): Changed
  list(): Promise<AccountRow[]>
  resetPassword(name: string, to: { password: string; keepSessions: boolean }): Changed
  deactivate(name: string, options: { erase: boolean }): Changed
  changeRole(name: string, isAdmin: boolean): Changed
  login(
    name: string,
    device: { deviceId: string | undefined; displayName: string | undefined },
  ): Promise<{ user_id: string; device_id: string; access_token: string }>
  lock(name: string, isLocked: boolean): Changed
  suspend(name: string, isSuspended: boolean): Changed
}

/** Times are in milliseconds since the Unix epoch. */
export type AccountRow = {
  user_id: string
  is_admin: boolean
  created_at: number
  deactivated_at: number | null
  locked_at: number | null
  suspended_at: number | null
  devices: number
  last_seen_at: number | null
}

/** Every method rejects with a message for the operator. */
export type ReportCommands = {
  /** The oldest first. */
  list(): Promise<ReportRow[]>
  close(id: number): Promise<void>
}

/** `target`: an event id, room id or user id. `reported_at`: milliseconds since the Unix epoch. */
export type ReportRow = {
  report_id: number
  reporter: string
  kind: 'event' | 'room' | 'user'
  target: string
  room_id: string | null
  room_name: string | null
  reason: string
  event: Record<string, unknown> | null
  reported_at: number
}

/** The part of a gateway that runs alone (`src/gateway-app.ts`) that the commands use. */
export type RunningGateway = {
  log: ServerLog
  listen(): Promise<{ url: string }>
  close(): Promise<void>
  reload(config: GatewayConfig): Promise<void>
}

/** The findings about the apps of a gateway, one line each. */
export type GatewayCheck = { lines: { app: string; fault?: string; type?: string }[]; warnings: string[] }

/** The steps of an event for one device at a gateway. */
export type DeviceJourneyResponse = { app_id: string; pushkey_hash: string; steps: JourneyResponseStep[] }

/** The environment of a command. Tests inject their own. */
export type CommandContext = {
  /** @param as `command`: for commands that work beside a running server, or before its first start */
  createApp(config: Config, as: 'server' | 'command'): Promise<App>
  createGateway(config: GatewayConfig): Promise<RunningGateway>
  checkGateway(config: GatewayConfig): Promise<GatewayCheck>
  /** The steps that the gateway has recorded for an event. */
  readJourney(config: GatewayConfig, eventId: string): Promise<DeviceJourneyResponse[]>
  env: Readonly<Record<string, string | undefined>>
  stdin: NodeJS.ReadStream
  /** The Web Push key in a file. A missing file is created with a new key. `publicKey`: base64url. */
  keepVapidKey(file: string): Promise<{ publicKey: string; isNew: boolean }>
  /** For requests to a running server. */
  fetch: typeof fetch
  print(line: string): void
  /** Whether a terminal shows the printed lines. Otherwise they can be in a log. */
  isTerminal: boolean
  /** Called when the reader of the printed lines has closed its pipe. */
  onOutputClosed(listener: () => void): void
  complain(line: string): void
  /** Writes to the terminal of stderr, without a line end. Undefined: stderr is no terminal. */
  drawOnTerminal?: ((text: string) => void) | undefined
  restore: typeof restoreBackup
  copyDatabase: typeof copyDatabase
  onSignal(listener: () => void): void
  /** Called when the configuration must be reloaded (SIGHUP). */
  onReload(listener: () => void): void
  /** Called for an uncaught error (`isFatal`: the process cannot continue) or a warning of Node. */
  onFault(listener: (error: Error, isFatal: boolean) => void): void
  /** Ends the process at once. */
  exit(code: number): void
}

export type Command = {
  /** As typed, such as `user add NAME`. */
  usage: string
  summary: string
  /** The text that `--help` prints below usage and summary. */
  help(): string
  /** Resolves with the exit code. */
  run(argv: readonly string[], context: CommandContext): Promise<number>
}
