import type { ComponentType } from 'preact'
import type { IconName } from './parts/icon.ts'
import { AdministrationScreen } from './screens/administration.ts'
import { DevicesScreen } from './screens/devices.ts'
import { JourneyScreen } from './screens/journey.ts'
import { JourneysScreen } from './screens/journeys.ts'
import { MissingScreen } from './screens/missing.ts'
import { RulesScreen } from './screens/rules.ts'
import { TodayScreen } from './screens/today.ts'
import { TryRuleScreen } from './screens/try-rule.ts'
import { UsersScreen } from './screens/users.ts'
import type { ScreenProps } from './types.ts'

export type Screen = {
  /** The path below the console. `:item` is the second segment. */
  path: string
  /** The key of its title. */
  title: string
  view: ComponentType<ScreenProps>
  /** Its icon in the navigation; absent: it is not listed there. */
  nav?: IconName
  /** The screen that the navigation marks instead. */
  under?: string
  forAdministrators?: boolean
}

/** To add a screen: one file in `screens/`, one line here, and its words in `../words/en.ftl`. */
export const SCREENS: readonly Screen[] = [
  { path: '/', title: 'today-title', view: TodayScreen, nav: 'home' },
  { path: '/journeys', title: 'journeys-title', view: JourneysScreen, nav: 'list' },
  { path: '/journeys/:item', title: 'journey-title', view: JourneyScreen, under: '/journeys' },
  { path: '/devices', title: 'devices-title', view: DevicesScreen, nav: 'phone' },
  { path: '/rules', title: 'rules-title', view: RulesScreen, nav: 'rule' },
  { path: '/try', title: 'try-title', view: TryRuleScreen, nav: 'flask' },
  {
    path: '/administration',
    title: 'admin-title',
    view: AdministrationScreen,
    nav: 'gear',
    forAdministrators: true,
  },
  { path: '/users', title: 'users-title', view: UsersScreen, nav: 'person', forAdministrators: true },
]

const MISSING: Screen = { path: '', title: 'missing-title', view: MissingScreen }

/** The screen of a path, by its segments. */
export function screenOf(segments: readonly string[]): Screen {
  const [name = '', item] = segments
  const path = item === undefined ? `/${name}` : `/${name}/:item`
  return (segments.length < 3 ? SCREENS.find((screen) => screen.path === path) : undefined) ?? MISSING
}
