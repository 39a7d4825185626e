import { type ComponentChildren, h } from 'preact'
import { useEffect } from 'preact/hooks'
import { clockOffset } from './api.ts'
import { KeyHelp } from './key-help.ts'
import { duration } from './parts/when.ts'
import { Failed, Notice } from './parts/loaded.ts'
import { screenOf } from './screens.ts'
import { SignIn } from './screens/sign-in.ts'
import { Shell } from './shell.ts'
import { place } from './stores/place.ts'
import { loadSession, session } from './stores/session.ts'
import { t } from './words.ts'

const TOLERATED_CLOCK_MS = 5_000

/** The screen of the URL, or the form to sign in. */
export function App(): ComponentChildren {
  const current = session.value
  if (current.state === 'out') return h(SignIn, null)
  if (current.state === 'failed')
    return h(
      'main',
      { class: 'sign-in' },
      h(Failed, { error: current.error, retry: () => void loadSession() }),
    )
  return h(Shell, null, h(CurrentScreen, null), h(KeyHelp, null))
}

/** A screen loads its data at the same time as the session. */
function CurrentScreen(): ComponentChildren {
  const { path, segments } = place.value
  const screen = screenOf(segments)
  useEffect(() => {
    document.title = `${t(screen.title)} · Belfry`
    // Focus follows the screen, but a first load leaves it at the start of the page.
    if (isFirst) isFirst = false
    else document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
    scrollTo(0, 0)
  }, [path])
  const offset = clockOffset.value
  return h(
    'main',
    { id: 'main', tabIndex: -1 },
    Math.abs(offset) > TOLERATED_CLOCK_MS &&
      h(Notice, {
        tone: 'wait',
        icon: 'clock',
        title: t('clock-differs', { by: duration(Math.abs(offset)) }),
      }),
    h(screen.view, { key: path, item: segments[1] }),
  )
}

let isFirst = true
