known=''
[[ ! -s /srv/shop/fleet ]] || known=$(< /srv/shop/fleet)
for member in web1=web1.example.org; do
  [[ $'\n'$known$'\n' == *$'\n'"$member"$'\n'* ]] || printf '%s\n' "$member" >> /srv/shop/fleet
done
