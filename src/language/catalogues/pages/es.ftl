invalid-title = Este enlace no es válido
invalid-text = Ya se ha usado, tiene más de una hora o un correo más reciente lo ha sustituido. Solicita otro correo en tu aplicación.

confirm-title = ¿Es esta tu dirección?
confirm-text = Alguien quiere añadir { $address } a una cuenta en { $server }.
confirm-hint = Si eres tú, confirma la dirección aquí y continúa en tu aplicación. Si no, cierra esta página; no se cambiará nada.
confirm-button = Confirmar esta dirección
confirmed-title = Confirmada
confirmed-text = { $address } está confirmada. Continúa en tu aplicación.

end-title = ¿Dejar de recibir notificaciones por correo?
end-text = Las notificaciones de { $user } se envían a { $address }.
end-button = No enviar más correos
ended-title = No habrá más correos
ended-text = Las notificaciones por correo están desactivadas. Puedes volver a activarlas en los ajustes de tu aplicación.
