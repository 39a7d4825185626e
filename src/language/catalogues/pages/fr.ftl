invalid-title = Ce lien n’est pas valide
invalid-text = Il a déjà été utilisé, il date de plus d’une heure ou un e-mail plus récent l’a remplacé. Demandez un nouvel e-mail dans votre application.

confirm-title = Est-ce votre adresse ?
confirm-text = Quelqu’un souhaite ajouter { $address } à un compte sur { $server }.
confirm-hint = Si c’est vous, confirmez l’adresse ici, puis continuez dans votre application. Sinon, fermez cette page ; rien ne sera modifié.
confirm-button = Confirmer cette adresse
confirmed-title = Adresse confirmée
confirmed-text = { $address } est confirmée. Continuez dans votre application.

end-title = Arrêter les notifications par e-mail ?
end-text = Les notifications de { $user } sont envoyées à { $address }.
end-button = Ne plus recevoir d’e-mails
ended-title = Plus d’e-mails
ended-text = Les notifications par e-mail sont désactivées. Vous pouvez les réactiver dans les paramètres de votre application.
