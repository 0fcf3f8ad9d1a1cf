# What httpd's folder of modules has, and how it is loaded.
package Modules;
use strict;
use warnings;
use parent 'Exporter';

use Server;

our @EXPORT = qw(modules_there load_lines is_stock);

# Their functions are used by others, which cannot be loaded before.
my @first = qw(session dbd dav dav_svn ldap cache proxy authz_core authn_core);

# The module record of a file: named after it, or the only one.
sub _record_of {
    my ($file, $name) = @_;
    my %has  = map { $_ => 1 } `nm -D --defined-only '$file'` =~ /^\S+ [BDV] (\w+)$/mg;
    my @only = grep { /_module$/ } keys %has;
    my ($record) = grep { $has{$_} } "${name}_module", $name =~ s/[\d.]*$/_module/r, "mod_$name";
    $record //= $only[0] if @only == 1;
    return $record // die "$file: no module record among @only\n";
}

# { name => { name, file, record } } of all but the MPMs and the modules that are tested.
sub modules_there {
    my %there;
    for my $file (glob Server::libexec() . '/*.so') {
        my ($name) = $file =~ m{/(?:mod_|lib)?([^/]+)\.so$};
        next if $name =~ /^(?:mpm|upgrade)_/;
        $there{$name} = { name => $name, file => $file, record => _record_of($file, $name) };
    }
    die 'no modules in ' . Server::libexec() if !%there;
    return \%there;
}

# httpd's own: they came with its package.
my %stock;
sub is_stock {
    my ($module) = @_;
    %stock = map { $_ => 1 } `dpkg-query -L apache2-bin` =~ /^(.*\.so)$/mg if !%stock;
    return $stock{ $module->{file} };
}

# What mod_qos of some Debians leaves to be loaded by others.
sub _library_of {
    my ($file) = @_;
    return `nm -D --undefined-only '$file'` =~ /\bpcre_exec$/m ? 'LoadFile libpcre.so.3' : ();
}

# The lines that load these, in an order in which they can be loaded.
sub load_lines {
    my (@modules) = @_;
    my %rank = map { $first[$_] => $_ - @first } 0 .. $#first;
    my $before = sub { ($rank{ $_[0] } // 0) <=> ($rank{ $_[1] } // 0) || $_[0] cmp $_[1] };
    return map {
        (_library_of($_->{file}), "LoadModule $_->{record} $_->{file}");
    } sort { $before->($a->{name}, $b->{name}) } @modules;
}

1;
