# The checklist of a release finds what would make it a wrong one.
use strict;
use warnings;
use Test::More;
use File::Temp ();
use FindBin;

my $top = $ENV{UPGRADE_TEST_TOP} or die 'run this through build/test';

# A repository of the tree as it is, in which a release is possible.
my $scratch = File::Temp->newdir('upgrade-release.XXXXXX', TMPDIR => 1);
my $tree    = "$scratch/tree";

sub shell {
    my ($script, @arguments) = @_;
    my $pid = open my $output, '-|';
    defined $pid or die "fork: $!";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec 'sh', '-ec', $script, 'sh', @arguments or die "sh: $!";
    }
    my $text = do { local $/; <$output> } // '';
    close $output;
    return ($? >> 8, $text);
}

sub must { my ($status, $text) = shell(@_); $status == 0 or die "$_[0]: $text"; return $text }

sub commit {
    must('cd "$1" && git add -A && git -c user.name=t -c user.email=t@example.org commit -qm "$2"', $tree,
        $_[0]);
    return;
}

must('"$1/build/dist" "$2" && mkdir "$3" && tar -C "$3" --strip-components=1 -xzf "$2"/*.tar.gz', $top,
    "$scratch/dist", $tree);
must('cd "$1" && git init -q && sed -i "s/^\(## .*\) (not released)$/\1/" CHANGES.md', $tree);
commit('a release');
chomp(my $good = must('cd "$1" && git rev-parse HEAD', $tree));
my ($version) = must('make -s -C "$1" -f apxs.mk print-VERSION', $tree) =~ /^(\S+)$/m;

# A checklist of $steps; what it says, and how it ends.
sub checklist { return shell('cd "$1" && shift && build/release "$@"', $tree, @_) }

my @quick = qw(clean versions changes tag dist);
my ($status, $said) = checklist(@quick);
is $status, 0, 'a tree that can be released' or diag $said;
like $said, qr/^ok      $_$/m, "$_ has passed" for @quick;

# What is wrong, the step that finds it, and what it says.
my @faults = (
    ['date >> README.md', 'clean', qr/ M README\.md/],
    ['date > forgotten', 'clean', qr/\?\? forgotten/],
    ['sed -i "s/^## .*/& (not released)/" CHANGES.md', 'changes', qr/no heading '## \Q$version\E'/],
    ['sed -i "/^## /q" CHANGES.md', 'changes', qr/says nothing about/],
    ['sed -i "s/^ -- .*/ -- nobody/" debian/changelog', 'changes', qr/debian\/changelog has no date/],
    ['sed -i "1s/(.*)/(0.0.1)/" debian/changelog', 'versions', qr/debian\/changelog: 0\.0\.1/],
    ["git tag v$version", 'tag', qr/v\Q$version\E is there/],
    [q(echo 'date +%N >> "$out/$name.tar.gz"' >> build/dist), 'dist', qr/tar\.gz .*tar\.gz differ/],
);
for my $case (@faults) {
    my ($fault, $step, $wanted) = @$case;
    must("cd \"\$1\" && $fault", $tree);
    commit('a fault') if $step ne 'clean' && $step ne 'tag';
    ($status, $said) = checklist($step);
    is $status, 1, "$fault: refused";
    like $said, qr/^FAILED  $step /m, "by $step";
    like $said, $wanted, 'which says why';
    must('cd "$1" && git tag | xargs -r git tag -d && git clean -qfd && git reset -q --hard "$2"',
        $tree, $good);
}

($status, $said) = checklist('versions');
like $said, qr/^ok      versions \(earlier, for this commit\)$/m, 'what has passed is not run again';
($status, $said) = checklist('party');
is $status, 2, 'a step that is none';
like $said, qr/no step party; there are: clean /, 'and those that are';

done_testing;
