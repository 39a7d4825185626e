import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import { maybe, t } from '../words.ts'
import { errorText } from './loaded.ts'
import { duration } from './when.ts'

type SendProps = {
  label: string
  /** Read out after the label. */
  target: string
  /** Resolves to the result of a push. */
  send: () => Promise<PushOutcome>
  reload: () => void
}
export type PushOutcome = { status: string; attempt: { ms: number } | null }

/** A button that sends a push, and the result. */
export function SendButton({ label, target, send, reload }: SendProps): ComponentChildren {
  const [result, setResult] = useState<{ isBusy: boolean; text: string }>({ isBusy: false, text: '' })
  const onClick = async () => {
    setResult({ isBusy: true, text: t('test-busy') })
    setResult({ isBusy: false, text: await textOf(send) })
    reload()
  }
  return h(
    'div',
    { class: 'device-test' },
    h(
      'button',
      { type: 'button', 'data-test': '', disabled: result.isBusy, onClick: () => void onClick() },
      label,
      h('span', { class: 'visually-hidden' }, ' ', target),
    ),
    h('span', { role: 'status' }, result.text),
  )
}

async function textOf(send: SendProps['send']): Promise<string> {
  try {
    const { status, attempt } = await send()
    const word = maybe(`test-${status.replaceAll('_', '-')}`) ?? status
    return attempt === null ? word : `${word} (${duration(attempt.ms)})`
  } catch (error) {
    return errorText(error)
  }
}
