import { type ComponentChildren, h } from 'preact'
import { useId } from 'preact/hooks'
import { isHelpOpen } from './keys.ts'
import { Select } from './parts/field.ts'
import { Icon } from './parts/icon.ts'
import { Link } from './parts/link.ts'
import { SCREENS, screenOf } from './screens.ts'
import { theme, THEMES } from './stores/preferences.ts'
import { hrefOf, place } from './stores/place.ts'
import { session, signOut } from './stores/session.ts'
import { keepLanguage, language, languages, t } from './words.ts'

const THEME_ICONS = { system: 'screen', light: 'sun', dark: 'moon' } as const

/** The frame of every screen: skip link, navigation, the reader's choices. */
export function Shell({ children }: { children?: ComponentChildren }): ComponentChildren {
  return h(
    'div',
    { class: 'shell' },
    h('a', { class: 'skip', href: '#main' }, t('skip')),
    h(
      'header',
      { class: 'side' },
      h(Link, { href: hrefOf('/'), class: 'brand' }, h(Icon, { name: 'bell' }), h('span', null, 'Belfry')),
      h(Navigation, null),
      h(Account, null),
    ),
    children,
  )
}

function Navigation(): ComponentChildren {
  const current = screenOf(place.value.segments)
  const isAdmin = session.value.state === 'in' && session.value.user.is_admin
  return h(
    'nav',
    { 'aria-label': t('nav-label') },
    h(
      'ul',
      null,
      SCREENS.filter(
        (screen) => screen.nav !== undefined && (screen.forAdministrators !== true || isAdmin),
      ).map((screen) =>
        h(
          'li',
          { key: screen.path },
          h(
            Link,
            {
              href: hrefOf(screen.path),
              isCurrent: screen.path === current.path || current.under === screen.path,
            },
            screen.nav !== undefined && h(Icon, { name: screen.nav }),
            h('span', null, t(screen.title)),
          ),
        ),
      ),
    ),
  )
}

function Account(): ComponentChildren {
  const { value } = session
  return h(
    'div',
    { class: 'account' },
    value.state === 'in' && h('p', { class: 'who' }, h('bdi', null, value.user.user_id)),
    h(
      'div',
      { class: 'tools' },
      h(ThemeSwitch, null),
      h(LanguageSwitch, null),
      h(
        'button',
        { type: 'button', class: 'plain', onClick: () => (isHelpOpen.value = true) },
        h('kbd', null, '?'),
        h('span', { class: 'visually-hidden' }, t('keys-title')),
      ),
      h(
        'button',
        { type: 'button', class: 'plain', onClick: () => void signOut() },
        h(Icon, { name: 'out' }),
        t('sign-out'),
      ),
    ),
  )
}

/** One button that goes on to the next theme. */
function ThemeSwitch(): ComponentChildren {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system'
  return h(
    'button',
    { type: 'button', class: 'plain', title: t(`theme-${theme.value}`), onClick: () => (theme.value = next) },
    h(Icon, { name: THEME_ICONS[theme.value] }),
    h('span', { class: 'visually-hidden' }, t('theme-label', { theme: t(`theme-${theme.value}`) })),
  )
}

function LanguageSwitch(): ComponentChildren {
  const id = useId()
  return h(
    'div',
    { class: 'language' },
    h('label', { for: id, class: 'visually-hidden' }, t('language-label')),
    h(Select<string>, { id, value: language(), options: languages(), onChange: keepLanguage }),
  )
}
