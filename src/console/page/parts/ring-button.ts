import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import { ApiError } from '../api.ts'
import { canRing, ringBrowser, RingError } from '../ring-browser.ts'
import { maybe, t } from '../words.ts'
import { Icon } from './icon.ts'

/** Makes this browser ring. `onDone`: there may be a new device. */
export function RingButton({ onDone }: { onDone: () => void }): ComponentChildren {
  const [state, setState] = useState<{ isBusy: boolean; text: string }>({ isBusy: false, text: '' })
  if (!canRing()) return h('p', { class: 'muted' }, t('ring-unsupported'))
  const onClick = async () => {
    const say = (text: string, isBusy = false) => setState({ isBusy, text })
    try {
      const { status } = await ringBrowser((step) => say(t(`ring-step-${step}`), true))
      say(status === 'ok' ? t('ring-done') : (maybe(`test-${status.replaceAll('_', '-')}`) ?? status))
    } catch (error) {
      say(textOf(error))
    }
    onDone()
  }
  return h(
    'div',
    { class: 'actions ring' },
    h(
      'button',
      { type: 'button', disabled: state.isBusy, onClick: () => void onClick() },
      h(Icon, { name: 'bell' }),
      t('ring-do'),
    ),
    h('span', { role: 'status' }, state.text),
  )
}

function textOf(error: unknown): string {
  if (error instanceof RingError) return t(error.key)
  return error instanceof ApiError && error.message !== '' ? error.message : t('state-offline')
}
