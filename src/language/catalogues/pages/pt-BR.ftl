invalid-title = Este link não é válido
invalid-text = Ele já foi usado, tem mais de uma hora ou foi substituído por um e-mail mais recente. Solicite outro e-mail no seu aplicativo.

confirm-title = Este endereço é seu?
confirm-text = Alguém quer adicionar { $address } a uma conta em { $server }.
confirm-hint = Se for você, confirme o endereço aqui e continue no seu aplicativo. Caso contrário, feche esta página; nada será alterado.
confirm-button = Confirmar este endereço
confirmed-title = Confirmado
confirmed-text = { $address } foi confirmado. Continue no seu aplicativo.

end-title = Encerrar as notificações por e-mail?
end-text = As notificações de { $user } são enviadas para { $address }.
end-button = Não enviar mais e-mails
ended-title = Sem mais e-mails
ended-text = As notificações por e-mail estão desativadas. Você pode ativá-las novamente nas configurações do seu aplicativo.
