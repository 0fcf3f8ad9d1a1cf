# Of the manual, for lowdown, a page of man(1): the name that whatis(1) looks for, headings one level up,
# no contents, and the text of links alone that lead to another part of the page.
1c\
# Name\
\
mod_upgrade_required, mod_upgrade_wstunnel - Apache httpd modules that enforce minimum protocols\
\
# Description
/^Contents: /,/^$/d
s/^#(#+ )/\1/
s/\[([^]]*)\]\(#[^)]*\)/\1/g
