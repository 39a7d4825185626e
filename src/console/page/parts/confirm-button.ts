import { type ComponentChildren, h } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { t } from '../words.ts'

type ConfirmProps = {
  label: string
  /** The user or thing that it concerns: read out after the label, and in the heading of the dialog. */
  target: string
  /** What the action does, in one sentence. */
  about: string
  act: () => Promise<void>
}

/** A button whose action follows only after a confirmation in a dialog. The browser returns the focus to the button. */
export function ConfirmButton(props: ConfirmProps): ComponentChildren {
  const { label, target } = props
  const [isOpen, setIsOpen] = useState(false)
  return [
    h(
      'button',
      { key: 'open', type: 'button', onClick: () => setIsOpen(true) },
      label,
      h('span', { class: 'visually-hidden' }, ' ', target),
    ),
    isOpen && h(Confirmation, { key: 'dialog', ...props, onClose: () => setIsOpen(false) }),
  ]
}

function Confirmation({
  label,
  target,
  about,
  act,
  onClose,
}: ConfirmProps & { onClose: () => void }): ComponentChildren {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => dialog.current?.showModal(), [])
  const confirm = (event: SubmitEvent) => {
    event.preventDefault()
    dialog.current?.close()
    void act()
  }
  return h(
    'dialog',
    { ref: dialog, onClose, 'aria-labelledby': id, 'aria-describedby': `${id}-about` },
    h(
      'form',
      { onSubmit: confirm },
      h('h2', { id }, label, ' ', h('bdi', null, target)),
      h('p', { id: `${id}-about` }, about),
      h(
        'div',
        { class: 'actions' },
        h('button', { type: 'submit', class: 'primary' }, label),
        h('button', { type: 'button', onClick: () => dialog.current?.close() }, t('cancel')),
      ),
    ),
  )
}
