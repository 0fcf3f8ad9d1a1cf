# What some httpd cannot do, and what is therefore not tested with it: the only reasons to skip a test.
# build/test counts them apart, takes no other reason, and SKIPS names those that it may meet.
package Lacks;
use strict;
use warnings;
use parent 'Exporter';

use Test::More ();

our @EXPORT = qw(lacks needs since skip_as skip_without);

# The word for it; why, as a skip says it; whether it is so, where that does not need the test itself.
my %about = (
    'apr-mmap'      => ['this APR takes its memory from malloc()'],
    'chromium'      => ['no Chromium is installed', sub { !_program('chromium') }],
    'chromium-131'  => ['no Chromium that offers ML-KEM (131)', sub { (_chromium() // 131) < 131 }],
    # A server of the test's own runs with another MPM where it loads mod_http2: see Server::new.
    'http2'         => ['mod_http2 serves nobody with prefork', sub { $ENV{UPGRADE_TEST_MPM} eq 'prefork' }],
    'encoded-once'  => ['mapping=encoded encodes once more (before 2.4.57)', sub { !since('2.4.57') }],
    'h2-head-only'  => ['a head ends no response of HTTP/2 (before 2.4.55)', sub { !since('2.4.55') }],
    'h2-websockets' => ['no H2WebSockets (httpd 2.4.58)', sub { !_directive('H2WebSockets') }],
    'mod_security2' => ['no mod_security2 is installed', sub { !_module('security2') }],
    'names-again'   => ['this httpd looks up a name once (before 2.4.59)', sub { !since('2.4.59') }],
    'node-18'       => ['node is older than 18', sub { `node --version` =~ /^v(\d+)/ && $1 < 18 }],
    'prometheus'    => ['no Prometheus is installed', sub { !_program('prometheus') }],
    'sans-io'       => ['no python3-websockets without sockets (10)', sub { !_python('websockets.http11') }],
);

sub _program {
    my ($name) = @_;
    return grep { -x "$_/$name" } split /:/, $ENV{PATH};
}

sub _module {
    my ($name) = @_;
    return -e "$ENV{UPGRADE_TEST_LIBEXEC}/mod_$name.so";
}

sub _chromium { return `chromium --version 2>/dev/null` =~ /(\d+)\./ ? $1 : undef }

sub _python {
    my ($module) = @_;
    return system("/usr/bin/python3 -c 'import $module' 2>/dev/null") == 0;
}

my $version;

# Whether the suite's httpd is as new: where stock's own answer is another one before.
sub since {
    my ($wanted) = @_;
    if (!$version) {
        my $said = `$ENV{UPGRADE_TEST_HTTPD} -v 2>&1`;
        $version = $said =~ m{^Server version: Apache/2\.4\.(\d+)}m ? $1 : die "no httpd 2.4: $said";
    }
    return $version >= ($wanted =~ /^2\.4\.(\d+)$/ ? $1 : die "$wanted: no version of httpd");
}

# The directives that the suite's httpd has, with its modules.
my %directives;

sub _directive {
    my ($name) = @_;
    if (!%directives) {
        my $path = $ENV{UPGRADE_TEST_DIRECTIVES} or die 'run this through build/test';
        open my $file, '<', $path or die "$path: $!";
        while (my $line = <$file>) { $directives{$1} = 1 if $line =~ /^<?(\w+)/ }
        $directives{DocumentRoot} or die "$path lists no directives";
    }
    return $directives{$name};
}

# Why this httpd cannot do it, as a skip says it; '' if it can.
sub lacks {
    my ($what) = @_;
    my ($why, $is_missing) = @{ $about{$what} or die "$what: not in the table of Lacks.pm" };
    return $is_missing->() ? "$what: $why" : '';
}

# The whole file needs it.
sub needs {
    for my $what (@_) {
        my $why = lacks($what) or next;
        Test::More::plan(skip_all => $why);
    }
    return;
}

# Leaves the block called SKIP, which has so many tests.
sub skip_without {
    my ($what, $tests) = @_;
    return lacks($what) ? skip_as($what, $tests) : ();
}

# The same where the test itself has found out.
sub skip_as {
    my ($what, $tests) = @_;
    no warnings 'exiting';
    return Test::More::skip("$what: $about{$what}[0]", $tests);
}

1;
