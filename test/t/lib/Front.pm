# Real nginx and HAProxy in front of a port. What is started here ends with the test.
package Front;
use strict;
use warnings;
use parent 'Exporter';
use Ports;

use Apache::Test     ();
use IO::Socket::INET ();
use POSIX            ();
use Wait;
use Wire             ();

our @EXPORT = qw(nginx haproxy run_program end_programs);

my ($folder, %running);

sub conf { return Apache::Test::vars('t_conf') }

sub folder {
    if (!$folder) {
        $folder = Apache::Test::vars('t_logs') . "/front$$";
        mkdir $folder or die $!;
        chmod 0777, $folder;
    }
    return $folder;
}

# Packages of the group "test" in build/packages: a test without them has not run.
sub program {
    my ($name) = @_;
    my ($found) = grep { -x } map { "$_/$name" } split(/:/, $ENV{PATH}), '/usr/sbin';
    return $found || die "$name is not installed: build/setup test\n";
}

# A program that listens on the port, its output in a log of its own; the port, once it takes
# connections.
sub run_program {
    my ($port, @command) = @_;
    my $log = folder() . "/log$port";
    my $pid = fork // die $!;
    if (!$pid) {
        open STDOUT, '>', $log;
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(1);
    }
    $running{$pid} = $pid;
    my $listens = eventually(sub {
        return 1 if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
        return waitpid($pid, POSIX::WNOHANG()) == $pid && delete $running{$pid} && -1;
    });
    return $port if $listens > 0;
    die "nothing listens on $port: " . do { local (@ARGV, $/) = $log; <> };
}

sub end_programs {
    kill TERM => keys %running;
    waitpid $_, 0 for keys %running;
    %running = ();
    return;
}
END { local $?; end_programs() }

sub write_file {
    my ($name, $text) = @_;
    my $path = folder() . "/$name";
    open my $file, '>', $path or die $!;
    print $file $text;
    close $file or die $!;
    return $path;
}

# Whether nginx is 1.minor.patch or later.
sub nginx_since {
    my ($minor, $patch) = @_;
    my $version = `@{[program('nginx')]} -v 2>&1`;
    my @found = $version =~ m{/1\.(\d+)\.(\d+)} or die "nginx: $version";
    return $found[0] * 1000 + $found[1] >= $minor * 1000 + $patch;
}

# "listen ... http2" became a directive of its own.
sub listen_line {
    my ($port, $secure) = @_;
    return "listen 127.0.0.1:$port;" unless $secure;
    return nginx_since(25, 1)
      ? "listen 127.0.0.1:$port ssl; http2 on;"
      : "listen 127.0.0.1:$port ssl http2;";
}

# nginx in front of a port: its port. lines: where it proxies; http: around the server;
# secure => 1: TLS 1.2 and 1.3, HTTP/2. Without a line that says otherwise it speaks HTTP/1.0, the default
# before 1.30.
sub nginx {
    my ($to, %option) = @_;
    my $port = free_port();
    my $conf = conf();
    my ($lines, $http) = map { $option{$_} // '' } qw(lines http);
    my $listen = listen_line($port, $option{secure});
    my $tls = !$option{secure} ? '' : "ssl_certificate $conf/server.crt;"
      . " ssl_certificate_key $conf/server.key; ssl_protocols TLSv1.2 TLSv1.3;";
    my $temporary = join '', map { "${_}_temp_path " . folder() . "/$_$port; " }
      qw(client_body proxy fastcgi uwsgi scgi);
    my $file = write_file("nginx$port.conf", <<"CONF");
daemon off; pid ${\folder()}/nginx$port.pid; error_log ${\folder()}/nginx$port.log; events {}
http {
    access_log off; proxy_http_version 1.0; $temporary
    $http
    server { $listen $tls location / { proxy_pass http://127.0.0.1:$to; $lines } }
}
CONF
    # Older ones write to the system's log until they have read that file, if they may.
    my @log = nginx_since(19, 5) ? ('-e', folder() . "/nginx$port.log") : ();
    return run_program($port, program('nginx'), '-p', folder(), @log, '-c', $file);
}

# HAProxy in front of a port: its port. lines: of the frontend; backend: of the backend; server:
# what else the line of the server says; secure => 1: TLS from 1.2 on, HTTP/2.
sub haproxy {
    my ($to, %option) = @_;
    my $port = free_port();
    my $bind = "bind 127.0.0.1:$port";
    if ($option{secure}) {
        my $pem = write_file("both$port.pem",
            join '', map { local (@ARGV, $/) = conf() . "/$_"; <> } qw(server.crt server.key));
        $bind .= " ssl crt $pem alpn h2,http/1.1 ssl-min-ver TLSv1.2";
    }
    my ($front, $back, $server) = map { $option{$_} // '' } qw(lines backend server);
    my $file = write_file("haproxy$port.cfg", <<"CONF");
defaults
mode http
timeout connect 60s
timeout client 60s
timeout server 60s
timeout tunnel 60s
frontend f
$bind
$front
default_backend b
backend b
$back
server s 127.0.0.1:$to $server
CONF
    return run_program($port, program('haproxy'), '-db', '-f', $file);
}

1;
