printf %s afb50ad95aad58a68b77fbb48d749c5eeb6ea1f83482de285e20458a679a70dd > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
