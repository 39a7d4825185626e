invalid-title = Bu bağlantı geçerli değil
invalid-text = Daha önce kullanılmış, üzerinden bir saatten fazla geçmiş veya yerini daha yeni bir e-posta almış. Uygulamanızdan yeni bir e-posta isteyin.

confirm-title = Bu adres sizin mi?
confirm-text = Birisi { $address } adresini { $server } üzerindeki bir hesaba eklemek istiyor.
confirm-hint = Bu kişi sizseniz adresi burada doğrulayın ve uygulamanızda devam edin. Değilseniz bu sayfayı kapatın; hiçbir şey değişmez.
confirm-button = Bu adresi doğrula
confirmed-title = Doğrulandı
confirmed-text = { $address } doğrulandı. Uygulamanızda devam edin.

end-title = E-posta bildirimleri durdurulsun mu?
end-text = { $user } için bildirimler { $address } adresine gönderiliyor.
end-button = Artık e-posta gönderme
ended-title = Artık e-posta yok
ended-text = E-posta bildirimleri kapalı. Uygulamanızın ayarlarından yeniden açabilirsiniz.
