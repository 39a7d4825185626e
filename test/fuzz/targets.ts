import type { FuzzTarget } from './fuzz-target.ts'
import { administrationTargets } from './targets/administration.ts'
import { commandTargets } from './targets/commands.ts'
import { configurationTargets } from './targets/configuration.ts'
import { gatewayTargets } from './targets/gateways.ts'
import { mailTargets } from './targets/mails.ts'
import { outsideTargets } from './targets/outside.ts'
import { requestTargets } from './targets/requests.ts'
import { ruleTargets } from './targets/rules.ts'
import { tokenTargets } from './targets/tokens.ts'

/** Every parser of what comes from outside. */
export const TARGETS: readonly FuzzTarget[] = [
  ...ruleTargets,
  ...requestTargets,
  ...tokenTargets,
  ...gatewayTargets,
  ...outsideTargets,
  ...mailTargets,
  ...configurationTargets,
  ...commandTargets,
  ...administrationTargets,
]
