# Lines that many configurations of tests have in common; in a here-document: @{[ tls_host($port) ]}.
package Lines;
use strict;
use warnings;
use parent 'Exporter';

use Apache::Test ();

our @EXPORT = qw(certificate host tls_host tls_lines workers PROXY_TLS);

# The suite's certificate, for a backend or a client of a test
sub certificate {
    my $conf = Apache::Test::vars('t_conf');
    return (SSL_cert_file => "$conf/server.crt", SSL_key_file => "$conf/server.key");
}

# A virtual host that listens on a port of its own
sub host {
    my ($port, @lines) = @_;
    return join "\n", "Listen 127.0.0.1:$port", "<VirtualHost 127.0.0.1:$port>", @lines, '</VirtualHost>';
}

# What makes it one with TLS
sub tls_lines {
    my %of = certificate();
    my @files = ("SSLCertificateFile $of{SSL_cert_file}", "SSLCertificateKeyFile $of{SSL_key_file}");
    return ('SSLEngine on', @files);
}

sub tls_host {
    my ($port, @lines) = @_;
    return host($port, tls_lines(), @lines);
}

# One child with so many workers
sub workers {
    my ($number) = @_;
    return join "\n", map { "$_ $number" } qw(ThreadsPerChild ThreadLimit MaxRequestWorkers);
}

# TLS to a backend that has the suite's certificate
use constant PROXY_TLS => join "\n", 'SSLProxyEngine on', 'SSLProxyVerify none',
  map { "SSLProxyCheckPeer$_ off" } qw(Name CN Expire);

1;
