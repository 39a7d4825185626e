import type { Route } from '../http/route.ts'
import type { Clock } from '../lib/clock.ts'
import type { BadgeMeaning } from '../notifications/badge.ts'
import type { TestPushDeps } from '../pushers/send-test-push.ts'
import type { LoadWords } from '../language/load-words.ts'
import type { RuleSettings } from '../push-rules/index.ts'
import type { Database } from '../storage/database.ts'
import type { Trace } from '../trace/trace.ts'
import { doctorRoutes } from './doctor/doctor.ts'
import { explainRoutes } from './explain.ts'
import { gatewayReportRoutes } from './gateways.ts'
import { journeyRoutes } from './journey.ts'
import { journeyListRoutes } from './journeys.ts'
import { pusherReportRoutes } from './pushers.ts'
import { resendRoutes } from './resend.ts'

export type ConsoleDeps = {
  db: Database
  clock: Clock
  trace: Trace
  ruleSettings: RuleSettings
  testPushes: TestPushDeps
  wordsOf: LoadWords
  config: { trace: { retention_days: number }; push: { badge: BadgeMeaning } }
}

/** Belfry's own API about notifications. */
export const consoleRoutes = (deps: ConsoleDeps): Route[] => [
  ...explainRoutes({ db: deps.db, clock: deps.clock, settings: deps.ruleSettings }),
  ...journeyRoutes(deps),
  ...journeyListRoutes({ ...deps, retentionDays: deps.config.trace.retention_days }),
  ...resendRoutes({ ...deps, badge: deps.config.push.badge }),
  ...pusherReportRoutes(deps),
  ...gatewayReportRoutes(deps),
  ...doctorRoutes({ db: deps.db, clock: deps.clock, settings: deps.ruleSettings }),
]
